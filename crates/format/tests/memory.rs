//! Lengths in hostile bytes do not decide how much memory is taken.

use highwater_format::scan::scan;
use highwater_format::value::{Value, ValueType};
use highwater_format::{Fact, MAGIC, decode_entries, from_body};
use peak_alloc::PeakAlloc;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// How many bytes are taken at most while this runs.
fn peak_bytes<T>(run: impl FnOnce() -> T) -> usize {
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    drop(run());
    MEMORY.peak_usage().saturating_sub(before)
}

/// One test, because the others of this file would be counted with it.
#[test]
fn memory_is_bounded_by_the_bytes() {
    let long_array = [0xdd, 0xff, 0xff, 0xff, 0xff];
    let nested: Vec<u8> = long_array.repeat(31);
    let text_of_4_gib = [0xdb, 0xff, 0xff, 0xff, 0xff, b'x'];
    for hostile in [&long_array[..], &nested, &text_of_4_gib, &[0xdf, 0xff, 0xff, 0xff, 0xff, 0xa0]] {
        assert!(peak_bytes(|| from_body::<Vec<Vec<Vec<String>>>>(hostile)) < 4096, "{hostile:02x?}");
        assert!(peak_bytes(|| decode_entries::<Fact>(hostile)) < 64 << 10, "{hostile:02x?}");
    }

    // The smallest entries that are valid, a million of them announced.
    let entry =
        [&[0x92, 0xae][..], b"lease-released", &[0x82, 0xa4], b"name", &[0xa0, 0xa5], b"token", &[0x01]]
            .concat();
    let body = [&[0xdd, 0x00, 0x0f, 0x42, 0x40][..], &entry.repeat(1000)].concat();
    assert!(peak_bytes(|| decode_entries::<Fact>(&body)) < 32 * body.len());

    let bogus = [&MAGIC[..], &[1, 0, 1, 0, 0xff, 0xff, 0, 0]].concat().repeat(100_000);
    assert!(peak_bytes(|| scan(&bogus, 0, 1)) < bogus.len());

    let brackets = "[".repeat(1 << 20);
    assert!(peak_bytes(|| Value::parse(ValueType::Json, &brackets)) < 8 << 20);
    let digits = "9".repeat(1 << 20);
    assert!(peak_bytes(|| Value::parse(ValueType::Decimal, &digits)) < 8 << 20);
    assert!(peak_bytes(|| Value::parse(ValueType::Decimal, "1e2000000000")) < 4096);
}
