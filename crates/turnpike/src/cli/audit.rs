//! What `turnpike audit` takes.

use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct AuditArgs {
    /// How many actions
    #[arg(short = 'n', long, value_name = "COUNT", default_value_t = 50)]
    pub(crate) count: u32,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}
