//! What readers must survive: files that end anywhere, and files that are wrong anywhere.

use pointwise::random::Random;

/// Calls `read` with the file cut after every byte but the last; `read` says whether it was accepted.
pub fn cut_everywhere(file: &[u8], read: impl Fn(&[u8]) -> bool) {
    for end in 0..file.len() {
        assert!(!read(&file[..end]), "cut after {end} of {} bytes, it is read", file.len());
    }
}

/// Calls `read` with copies of which some bytes are others; only that it comes back is asked.
pub fn change_anywhere(file: &[u8], times: u64, read: impl Fn(&[u8])) {
    let mut random = Random::named(times, "damage");
    for _ in 0..times {
        let mut copy = file.to_vec();
        for _ in 0..=random.bits() % 6 {
            let at = (random.bits() % copy.len() as u64) as usize;
            copy[at] = random.bits() as u8;
        }
        read(&copy);
    }
}

/// Calls `read` with bytes that are no file at all, bare and behind the first bytes of a real one.
pub fn random_bytes(start: &[u8], times: u64, read: impl Fn(&[u8]) -> bool) {
    let mut random = Random::named(times, "noise");
    for _ in 0..times {
        let noise: Vec<u8> = (0..random.bits() % 300).map(|_| random.bits() as u8).collect();
        assert!(!read(&noise), "noise is read: {noise:?}");
        read(&[start, &noise].concat());
    }
}
