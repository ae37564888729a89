//! Answers that are not HTTP as it should be, written to the socket byte by byte.

use super::{Answer, Scenario, row};
use crate::deliver::Broken;

pub(super) const ALL: &[Scenario] = &[
    row("close", |_| Answer::Close, "The connection closes before the first byte."),
    row("reset", |_| Answer::Broken(Broken::Reset), "The connection is reset before the first byte."),
    row("head-only", |_| Answer::Broken(Broken::HeadOnly), "A head, and then nothing more."),
    row("half-head", |_| Answer::Broken(Broken::HalfHead), "Half a head, then the end."),
    row("big-head", |_| Answer::Broken(Broken::BigHead), "Response headers of 1 MiB."),
    row("bad-chunk", |_| Answer::Broken(Broken::BadChunk), "A chunk size that is no number."),
    row("length-short", |_| Answer::Broken(Broken::LengthShort), "Content-Length less than the body."),
    row("length-long", |_| Answer::Broken(Broken::LengthLong), "Content-Length more than the body."),
    row("not-http", |_| Answer::Broken(Broken::NotHttp), "Bytes of another protocol."),
];
