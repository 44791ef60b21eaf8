//! A few threads and a queue, for work whose results the caller takes in order.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How long a thread without work looks for some before it sleeps: a few times what a batch takes to read.
const AWAKE: Duration = Duration::from_micros(200);

struct Queue<J> {
    jobs: VecDeque<J>,
    sleepers: usize,
    closed: bool,
}

struct Shared<J> {
    queue: Mutex<Queue<J>>,
    ready: Condvar,
    /// Moves when there is something new in the queue, for threads that look before they sleep.
    news: AtomicU64,
}

/// Threads that do jobs, each with a state of its own. They end when the pool is dropped, which waits for the jobs that were begun.
pub(crate) struct Pool<J> {
    shared: Arc<Shared<J>>,
    threads: Vec<JoinHandle<()>>,
}

impl<J: Send + 'static> Pool<J> {
    /// A thread for each state; fewer, even none, where the system will not give them.
    pub(crate) fn new<S: Send + 'static>(states: impl IntoIterator<Item = S>, work: fn(&mut S, J)) -> Pool<J> {
        let queue = Queue { jobs: VecDeque::new(), sleepers: 0, closed: false };
        let shared = Arc::new(Shared { queue: Mutex::new(queue), ready: Condvar::new(), news: AtomicU64::new(0) });
        let spawn = |state| {
            let shared = Arc::clone(&shared);
            std::thread::Builder::new().name("aof-verify".to_owned()).spawn(move || serve(&shared, state, work)).ok()
        };
        let threads = states.into_iter().map_while(spawn).collect();
        Pool { shared, threads }
    }

    /// Queues a job.
    pub(crate) fn submit(&self, job: J) {
        let sleepers = {
            let mut queue = lock(&self.shared);
            queue.jobs.push_back(job);
            queue.sleepers
        };
        self.shared.news.fetch_add(1, Ordering::Release);
        if sleepers > 0 {
            self.shared.ready.notify_one();
        }
    }

    /// The oldest job that nobody has begun, to be done on this thread.
    pub(crate) fn take(&self) -> Option<J> {
        lock(&self.shared).jobs.pop_front()
    }
}

impl<J> Drop for Pool<J> {
    fn drop(&mut self) {
        {
            let mut queue = lock(&self.shared);
            queue.closed = true;
            queue.jobs.clear();
        }
        self.shared.news.fetch_add(1, Ordering::Release);
        self.shared.ready.notify_all();
        for thread in self.threads.drain(..) {
            // A job that panicked has dropped what its waiter waits for, so the waiter has heard.
            let _ = thread.join();
        }
    }
}

fn lock<J>(shared: &Shared<J>) -> MutexGuard<'_, Queue<J>> {
    // Nothing is done under the lock that could panic half way.
    shared.queue.lock().unwrap_or_else(PoisonError::into_inner)
}

fn serve<S, J>(shared: &Shared<J>, mut state: S, work: fn(&mut S, J)) {
    loop {
        let news = shared.news.load(Ordering::Acquire);
        let job = {
            let mut queue = lock(shared);
            match queue.jobs.pop_front() {
                None if queue.closed => return,
                job => job,
            }
        };
        match job {
            Some(job) => work(&mut state, job),
            None => wait(shared, news),
        }
    }
}

/// Waits for news: awake at first, because the next job usually comes within microseconds, and because a thread that
/// sleeps and is woken for every job is often woken onto the very core that it should relieve.
fn wait<J>(shared: &Shared<J>, news: u64) {
    let start = Instant::now();
    while start.elapsed() < AWAKE {
        for _ in 0..64 {
            if shared.news.load(Ordering::Acquire) != news {
                return;
            }
            std::hint::spin_loop();
        }
    }
    let mut queue = lock(shared);
    queue.sleepers += 1;
    while queue.jobs.is_empty() && !queue.closed {
        queue = shared.ready.wait(queue).unwrap_or_else(PoisonError::into_inner);
    }
    queue.sleepers -= 1;
}
