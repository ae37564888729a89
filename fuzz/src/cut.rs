//! Reads of a stream: the same bytes in pieces, as a network would hand them over.

/// Splits off the input's first byte, from which [`pieces`] makes its cuts.
pub(crate) fn seeded(input: &[u8]) -> (u8, &[u8]) {
    input.split_first().map_or((0, input), |(seed, rest)| (*seed, rest))
}

/// `bytes` in pieces: of one byte each for seed 0, else of 1 to 32 bytes in an order that the seed gives.
pub(crate) fn pieces(seed: u8, mut bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut state = u32::from(seed);
    std::iter::from_fn(move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(if seed == 0 { 0 } else { 1_013_904_223 });
        let size = (1 + (state >> 27) as usize).min(bytes.len());
        let (piece, rest) = bytes.split_at(size);
        bytes = rest;
        (!piece.is_empty()).then_some(piece)
    })
}
