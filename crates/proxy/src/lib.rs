//! The data plane: guard, parse, route, translate, send, pump, settle.
//!
//! A request's way: `server` accepts the connection and bounds it, `guard` lets it in, `router` finds
//! its endpoint, `messages` reads it and asks `turnpike-routing` for a plan, `seek` tries the plan's
//! targets until one answers with content (the commit point), `pump` carries the answer to the client,
//! and `settle` writes exactly one ledger row, whatever happens.

mod absent;
mod answer;
mod body;
mod budget;
mod capture;
mod clients;
mod convert;
mod counting;
mod dialect;
mod facts;
mod guard;
mod head;
mod heavy;
mod held;
mod ids;
mod key;
mod limits;
mod live;
mod messages;
mod models;
mod preface;
mod project;
mod pump;
mod reader;
mod replay;
mod reply;
mod respond;
mod router;
mod seek;
mod server;
mod settle;
mod socket;
mod state;
mod timing;
mod verdict;

pub use budget::{BudgetGate, BudgetNews, Watermark, limits as budget_limits};
pub use capture::{AnswerPart, CaptureStanding, Captured, KEPT_FOR, MOST_BYTES, MOST_REQUESTS, MOST_TIME};
pub use ids::{NamedRow, row_of_request_id};
pub use key::KeyStanding;
pub use limits::TargetChange;
pub use live::LiveRequest;
pub use replay::{ReplayError, Replayed};
pub use state::{Parts, Proxy};
pub use timing::Timing;
