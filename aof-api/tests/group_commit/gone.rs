//! When the last handle is gone, the log is gone, whatever other threads do with the wakers they were given.

use crate::gate::gated;
use crate::polling::OPERATION;
use aof_memory::MemoryBackend;
use futures::task::noop_waker;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Context;

#[test]
fn a_thread_that_rings_never_keeps_the_log() {
    for _ in 0..40 {
        let (log, gate) = gated(MemoryBackend::new());
        gate.shut();
        {
            let mut append = pin!(log.append(OPERATION, "one"));
            while gate.with(|gate| gate.wakers.is_empty()) {
                assert!(append.as_mut().poll(&mut Context::from_waker(&noop_waker())).is_pending());
            }
        }
        let bells = gate.with(|gate| gate.wakers.clone());
        let (rings, stop) = (AtomicBool::new(false), AtomicBool::new(false));
        std::thread::scope(|scope| {
            for bell in &bells {
                scope.spawn(|| {
                    while !stop.load(Ordering::Relaxed) {
                        bell.wake_by_ref();
                        rings.store(true, Ordering::Relaxed);
                    }
                });
            }
            while !rings.load(Ordering::Relaxed) {
                std::thread::yield_now();
            }
            drop(log);
            let dropped = gate.with(|gate| gate.dropped);
            stop.store(true, Ordering::Relaxed);
            assert!(dropped, "the last handle is gone, and the log is not");
        });
    }
}
