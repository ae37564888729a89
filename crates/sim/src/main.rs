//! The simulated OpenRouter as a program of its own.

use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use turnpike_sim::{SignIn, Sim, SimConfig};

/// Stands in for OpenRouter: no key, no network, no cost.
#[derive(Parser)]
#[command(name = "turnpike-sim", version)]
struct Arguments {
    /// Where to listen; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Folder of recorded answers for `sim/replay=…`.
    #[arg(long)]
    recordings: Option<PathBuf>,
    /// For benchmarks: check no contract, keep no bodies.
    #[arg(long)]
    fast: bool,
    /// What ordinary model names play, as behind `sim/`.
    #[arg(long)]
    assistant: Option<String>,
    /// What a person answers on the page that asks for a key: approve, ask, deny or too-late.
    #[arg(long, default_value = "approve")]
    sign_in: SignIn,
    /// Print the scenarios and modifiers, and stop.
    #[arg(long)]
    scenarios: bool,
}

fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "turnpike-sim: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> io::Result<()> {
    if arguments.scenarios {
        let mut out = io::stdout().lock();
        for (name, about) in turnpike_sim::scenarios() {
            writeln!(out, "sim/{name:<28} {about}")?;
        }
        for (name, value, about) in turnpike_sim::modifiers() {
            writeln!(out, "   +{:<28} {about}", format!("{name}{value}"))?;
        }
        return Ok(());
    }
    let base = if arguments.fast { SimConfig::fast() } else { SimConfig::default() };
    let assistant = arguments.assistant.unwrap_or_else(|| base.assistant.clone());
    let Arguments { listen, recordings, sign_in, .. } = arguments;
    let config = SimConfig { listen, recordings, assistant, sign_in, ..base };
    // One thread: a benchmark pins it to one core, and nothing here computes for long.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let sim = Sim::start(config)?;
        // Heard from here on, so that nobody who has read the address can come too early.
        let stop = stop_signal()?;
        let mut out = io::stdout();
        writeln!(out, "{{\"address\":\"{}\"}}", sim.addr)?;
        out.flush()?;
        stop.await;
        sim.shutdown().await;
        Ok(())
    })
}

/// Comes true on SIGTERM or SIGINT.
#[cfg(unix)]
fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// Comes true on Ctrl-C.
#[cfg(windows)]
fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    let mut interrupt = tokio::signal::windows::ctrl_c()?;
    Ok(async move {
        interrupt.recv().await;
    })
}
