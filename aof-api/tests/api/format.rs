//! The bytes of the format, against the vectors and the table of its description.

use crate::support::log::{forged, prepare};
use aof_api::format::{
    AofEntry, BODY_SIZE_MAX, Checksum, Damage, ENTRY_SIZE_MAX, ENTRY_SIZE_MIN, HEADER_SIZE, Header, MAGIC,
    MAGIC_LEGACY, MESSAGE_SIZE_MAX, Prepare, Release, size_disk,
};
use aof_api::{Error, Operation};
use std::mem::offset_of;
use zerocopy::IntoBytes;

/// A header in which every field is another one, over the body `hello world`. Made by TigerBeetle.
const VECTOR: &str = "\
    32045c2dab49be4b29a5d7dfd78bf09900000000000000000000000000000000826ff9f270fb8e0500aac5551077ed4100000000000000000000000000000000\
    00000000000000000000000000000000100f0e0d0c0b0a0908070605040302010b01000000000000242322214910000000000603000000000000000000000000\
    3f3e3d3c3b3a39383736353433323130000000000000000000000000000000004f4e4d4c4b4a4948474645444342414000000000000000000000000000000000\
    5f5e5d5c5b5a595857565554535251506f6e6d6c6b6a69686766656463626160777675747372717076767574737271709796959493929190a3a2a1a08a000000";

fn vector_header() -> Header {
    let mut header = Header::new(Operation(138));
    header.cluster = 0x0102_0304_0506_0708_090a_0b0c_0d0e_0f10.into();
    header.view = 0x2122_2324.into();
    header.release = Release::new(0, 16, 73).0.into();
    header.replica = 3;
    header.parent = Checksum::from(0x3031_3233_3435_3637_3839_3a3b_3c3d_3e3f);
    header.request_checksum = Checksum::from(0x4041_4243_4445_4647_4849_4a4b_4c4d_4e4f);
    header.checkpoint_id = 0x5051_5253_5455_5657_5859_5a5b_5c5d_5e5f.into();
    header.client = 0x6061_6263_6465_6667_6869_6a6b_6c6d_6e6f.into();
    header.op = 0x7071_7273_7475_7677.into();
    header.commit = 0x7071_7273_7475_7676.into();
    header.timestamp = 0x9091_9293_9495_9697.into();
    header.request = 0xa0a1_a2a3.into();
    header
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn a_header_with_every_field_distinct_is_built_byte_for_byte() {
    let sealed = Prepare::seal(vector_header(), b"hello world").unwrap();
    assert_eq!(hex(sealed.header().as_bytes()), VECTOR);
    assert_eq!(hex(sealed.as_entry_bytes()), hex(&MAGIC) + VECTOR + &hex(b"hello world"));
    assert_eq!(sealed.header().lints().count(), 0);
    assert_eq!(sealed.header().size.get(), 267);
    assert_eq!(sealed.size_disk(), 283);
}

#[test]
fn an_entry_reads_as_it_was_sealed() {
    let sealed = Prepare::seal(vector_header(), b"hello world").unwrap();
    let entry = AofEntry::decode(sealed.as_entry_bytes()).unwrap();
    assert_eq!(entry.header(), sealed.header());
    assert_eq!(entry.body(), b"hello world");
    assert_eq!(entry.op(), 0x7071_7273_7475_7677);
    assert_eq!(entry.checksum().to_le_bytes(), sealed.as_entry_bytes()[16..32]);
    assert_eq!(entry.to_prepare(), sealed);
    let parts: Vec<u8> = entry.parts().iter().flat_map(|part| part.to_vec()).collect();
    assert_eq!(parts, sealed.as_entry_bytes());
}

#[test]
fn each_field_stands_at_its_offset() {
    let fields = [
        (offset_of!(Header, checksum), 0),
        (offset_of!(Header, checksum_padding), 16),
        (offset_of!(Header, checksum_body), 32),
        (offset_of!(Header, checksum_body_padding), 48),
        (offset_of!(Header, nonce_reserved), 64),
        (offset_of!(Header, cluster), 80),
        (offset_of!(Header, size), 96),
        (offset_of!(Header, epoch), 100),
        (offset_of!(Header, view), 104),
        (offset_of!(Header, release), 108),
        (offset_of!(Header, protocol), 112),
        (offset_of!(Header, command), 114),
        (offset_of!(Header, replica), 115),
        (offset_of!(Header, reserved_frame), 116),
        (offset_of!(Header, parent), 128),
        (offset_of!(Header, parent_padding), 144),
        (offset_of!(Header, request_checksum), 160),
        (offset_of!(Header, request_checksum_padding), 176),
        (offset_of!(Header, checkpoint_id), 192),
        (offset_of!(Header, client), 208),
        (offset_of!(Header, op), 224),
        (offset_of!(Header, commit), 232),
        (offset_of!(Header, timestamp), 240),
        (offset_of!(Header, request), 248),
        (offset_of!(Header, operation), 252),
        (offset_of!(Header, reserved), 253),
    ];
    for (number, (found, expected)) in fields.into_iter().enumerate() {
        assert_eq!(found, expected, "field {number}");
    }
    assert_eq!(size_of::<Header>(), 256);
}

#[test]
fn the_root_has_the_checksum_of_the_reference() {
    let root = Prepare::root(0);
    assert_eq!(root.checksum().to_string(), "5146b8d0e1f69ca2e6867c42bb8263b7");
    assert_eq!(hex(&root.checksum().to_le_bytes()), "b76382bb427c86e6a29cf6e1d0b84651");
    assert_eq!(Checksum::of(&root.header().as_bytes()[16..]), root.checksum());
    let header = root.header();
    assert_eq!((header.op.get(), header.size.get(), header.command, header.operation), (0, 256, 6, 1));
}

#[test]
fn each_cluster_has_its_own_root() {
    let root = Prepare::root(7);
    assert_ne!(root.checksum(), Prepare::root(0).checksum());
    assert_eq!(root.header().cluster.get(), 7);
    assert!(root.header().valid_checksum());
}

#[test]
fn the_magics_are_those_of_the_reference() {
    assert_eq!(hex(&MAGIC), "82fcc4f4c492d19e1106e4fed3d8bc00");
    assert_eq!(u128::from_le_bytes(MAGIC_LEGACY), 0xeb71_f62a_395c_755e_8c4a_cd3b_a183_1bc2);
}

#[test]
fn the_sizes_are_those_of_the_reference() {
    assert_eq!((HEADER_SIZE, MESSAGE_SIZE_MAX, BODY_SIZE_MAX), (256, 1_048_576, 1_048_320));
    assert_eq!((ENTRY_SIZE_MIN, ENTRY_SIZE_MAX), (272, 1_048_592));
    assert_eq!((size_disk(256), size_disk(1_048_576), size_disk(u32::MAX)), (272, 1_048_592, 4_294_967_311));
}

#[test]
fn a_body_has_any_size_up_to_the_largest() {
    let parent = Prepare::root(0).checksum();
    for size in [0, 1, 15, 16, 17, 255, 256, 4096, 65_536, BODY_SIZE_MAX as usize] {
        let body = vec![0x5a; size];
        let sealed = prepare(1, parent, &body);
        assert_eq!(sealed.size_disk(), 272 + size as u64);
        let entry = AofEntry::decode(sealed.as_entry_bytes()).unwrap();
        assert_eq!(entry.body(), body, "a body of {size} bytes");
    }
}

#[test]
fn a_body_above_the_largest_is_refused() {
    for size in [BODY_SIZE_MAX as usize + 1, MESSAGE_SIZE_MAX as usize, 2 << 20] {
        let refused = Prepare::seal(vector_header(), &vec![0; size]).unwrap_err();
        let Error::TooLarge { size: found, limit, .. } = Error::from(refused) else { panic!("{refused:?}") };
        assert_eq!((found, limit), (size as u64, u64::from(BODY_SIZE_MAX)));
    }
}

#[test]
fn a_size_outside_of_the_limits_is_impossible_though_its_checksum_holds() {
    for size in [0, 1, 16, 255, MESSAGE_SIZE_MAX + 1, 1 << 31, u32::MAX] {
        let mut bytes = forged(|header| header.size = size.into());
        bytes.resize(4096, 0);
        assert_eq!(AofEntry::decode(&bytes), Err(Damage::Size { size }));
        assert_eq!(Prepare::decode(&bytes), Err(Damage::Size { size }));
    }
}

#[test]
fn a_size_at_the_limits_is_possible() {
    for size in [256, 257, MESSAGE_SIZE_MAX] {
        let bytes = forged(|header| header.size = size.into());
        let expected = match size {
            256 => None,
            _ => Some(Damage::Torn { have: 272, need: size_disk(size) }),
        };
        assert_eq!(AofEntry::decode(&bytes).err(), expected, "size {size}");
    }
}

#[test]
fn damage_is_named_in_the_order_of_the_reference() {
    let whole = prepare(1, Prepare::root(0).checksum(), b"a body").as_entry_bytes().to_vec();
    let size_at = 16 + 96;
    // What is wrong with the entry, by a list of bytes that are flipped, and what is said about it.
    let cases: [(&[usize], Damage); 6] = [
        (&[0, 20, size_at, 275], Damage::Magic),
        (&[20, size_at, 275], Damage::HeaderChecksum),
        (&[size_at], Damage::HeaderChecksum),
        (&[size_at + 3], Damage::HeaderChecksum),
        (&[275], Damage::BodyChecksum),
        (&[272], Damage::BodyChecksum),
    ];
    for (flipped, damage) in cases {
        let mut bytes = whole.clone();
        flipped.iter().for_each(|at| bytes[*at] ^= 0x40);
        assert_eq!(AofEntry::decode(&bytes), Err(damage), "bytes {flipped:?}");
    }
}

#[test]
fn operations_have_the_names_of_the_reference() {
    let names = [
        (0, "reserved"),
        (1, "root"),
        (2, "register"),
        (3, "reconfigure"),
        (4, "pulse"),
        (5, "upgrade"),
        (6, "noop"),
        (137, "get_change_events"),
        (146, "create_accounts"),
        (147, "create_transfers"),
    ];
    for (number, name) in names {
        assert_eq!(Operation(number).name(), Some(name));
    }
    let replayable: Vec<u8> = (0..=255).filter(|number| Operation(*number).is_replayable()).collect();
    assert_eq!(replayable, [128, 129, 130, 138, 139, 146, 147]);
    assert!((0..=255).all(|number| Operation(number).is_protocol() == (number < 128)));
}
