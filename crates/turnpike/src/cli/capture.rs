//! What `turnpike capture` takes.

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum CaptureAction {
    /// Capture bodies from now on, for an hour at most
    On(CaptureOnArgs),
    /// Capture no further bodies; those that are kept stay
    Off,
    /// Whether bodies are captured, and which are kept
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Print the bodies of one request
    Show {
        /// Number of the request, as `turnpike capture list` has it
        id: i64,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Ask another model what a captured request asked, and print both answers with their costs and times
    Replay {
        /// Number of the request
        id: i64,
        /// Slug or short name of the other model; it is billed as a request of its own
        model: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Forget what was captured
    Delete(CaptureDeleteArgs),
}

#[derive(Debug, Args)]
pub(crate) struct CaptureOnArgs {
    /// End after so many requests
    #[arg(long, value_name = "COUNT")]
    pub(crate) requests: Option<u32>,
    /// End after so many minutes, 60 at most
    #[arg(long, value_name = "COUNT")]
    pub(crate) minutes: Option<u32>,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct CaptureDeleteArgs {
    /// Number of the request
    pub(crate) id: Option<i64>,
    /// All of them
    #[arg(long)]
    pub(crate) all: bool,
}
