//! What an entry does: the operation number, and the names that TigerBeetle gives to some.

use std::fmt;

/// The operation of an entry: one byte, opaque to the log from 128 up.
///
/// Numbers under 128 belong to the replication protocol, those from 128 up to the state machine. Source of the names:
/// TigerBeetle 0.17, `src/vsr.zig` and `src/tigerbeetle.zig`.
///
/// ```
/// use aof_api::Operation;
///
/// assert_eq!(Operation(138).to_string(), "create_accounts_sparse(138)");
/// assert_eq!(Operation(200).to_string(), "200");
/// assert!(Operation(2).is_protocol());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Operation(pub u8);

impl Operation {
    /// Never written.
    pub const RESERVED: Operation = Operation(0);
    /// Op 0 of every log, which no log records.
    pub const ROOT: Operation = Operation(1);
    /// A client opens a session.
    pub const REGISTER: Operation = Operation(2);
    /// The cluster changes its members.
    pub const RECONFIGURE: Operation = Operation(3);
    /// The state machine is given time to expire things; has no client.
    pub const PULSE: Operation = Operation(4);
    /// The cluster changes its release; has no client.
    pub const UPGRADE: Operation = Operation(5);
    /// Nothing, in order.
    pub const NOOP: Operation = Operation(6);
    /// The first operation of a state machine.
    pub const STATE_MACHINE_MIN: Operation = Operation(128);

    /// Whether the number belongs to the replication protocol.
    #[must_use]
    pub const fn is_protocol(self) -> bool {
        self.0 < Operation::STATE_MACHINE_MIN.0
    }

    /// Whether a prepare of this operation comes from no client: `client` and `request` are 0 in it.
    #[must_use]
    pub const fn is_clientless(self) -> bool {
        matches!(self, Operation::PULSE | Operation::UPGRADE)
    }

    /// Whether the reference replays it, which is what its data checksum chain covers.
    #[must_use]
    pub const fn is_replayable(self) -> bool {
        matches!(self.0, 128..=130 | 138 | 139 | 146 | 147)
    }

    /// The name in the protocol or in TigerBeetle's state machine, where it has one. Somebody else's state machine may
    /// mean something else by a number from 128 up.
    #[must_use]
    pub const fn name(self) -> Option<&'static str> {
        Some(match self.0 {
            0 => "reserved",
            1 => "root",
            2 => "register",
            3 => "reconfigure",
            4 => "pulse",
            5 => "upgrade",
            6 => "noop",
            129 => "create_accounts_unbatched",
            130 => "create_transfers_unbatched",
            131 => "lookup_accounts_unbatched",
            132 => "lookup_transfers_unbatched",
            133 => "get_account_transfers_unbatched",
            134 => "get_account_balances_unbatched",
            135 => "query_accounts_unbatched",
            136 => "query_transfers_unbatched",
            137 => "get_change_events",
            138 => "create_accounts_sparse",
            139 => "create_transfers_sparse",
            140 => "lookup_accounts",
            141 => "lookup_transfers",
            142 => "get_account_transfers",
            143 => "get_account_balances",
            144 => "query_accounts",
            145 => "query_transfers",
            146 => "create_accounts",
            147 => "create_transfers",
            _ => return None,
        })
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.pad(&format!("{name}({})", self.0)),
            None => f.pad(&self.0.to_string()),
        }
    }
}
