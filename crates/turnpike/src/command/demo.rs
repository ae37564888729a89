//! `turnpike demo`: the whole of Turnpike on a simulated OpenRouter.

mod ask;

use std::io::{self, Write as _};

use turnpike_api::command::{OpenPage, Spend, Totals};
use turnpike_control::called;
use turnpike_control::{EndRequests, KeyChoice, Pace, RunningService, ServeOptions, Service};
use turnpike_settings::{BaseUrl, DataDir, Secret};
use turnpike_sim::{Sim, SimConfig};
use turnpike_wire::money::NanoUsd;

use super::{serve, ui};
use crate::cli::{DemoArgs, UiArgs};
use crate::exit::Failure;
use crate::place::Place;
use crate::runtime;

/// Made up; the simulator takes every key of this form.
const KEY: &str = "sk-or-v1-demo-demo-demo-demo-demo-demo-demo-demo-demo-demo-demo-demo";
/// The model that the demo asks for, as Claude Code names it.
const MODEL: &str = "claude-sonnet-5";
/// How the simulated model talks: at the pace of a real one.
const ASSISTANT: &str = "assistant+delay=15ms";

pub(crate) fn run(args: &DemoArgs) -> Result<(), Failure> {
    // Nothing of the user's is read or written: the data folder lives as long as the demo.
    let folder = tempfile::Builder::new().prefix("turnpike-demo-").tempdir();
    let folder =
        folder.map_err(|error| Failure::plain(format!("no temporary folder can be made: {error}")))?;
    let place = Place { data_dir: DataDir::open(folder.path())? };
    runtime::start()?.block_on(async {
        let mut ends = EndRequests::listen()?;
        let config = SimConfig { assistant: ASSISTANT.to_owned(), ..SimConfig::default() };
        let sim = Sim::start(config)
            .map_err(|error| Failure::plain(format!("the simulated OpenRouter cannot start: {error}")))?;
        let mut service = start(&place, args, &sim.base_url()).await?;
        let shown = tokio::select! {
            shown = show(&place, &service, args) => shown,
            () = ends.next() => Ok(()),
        };
        if shown.is_ok() && !args.once {
            tokio::select! {
                () = ends.next() => {}
                () = service.ending() => {}
                () = closed(args.until_closed) => {}
            }
        }
        serve::end(service, &mut ends).await;
        shown
    })
}

/// Comes true when standard input is closed, if that is waited for. It has a thread of its own, which ends with the program.
async fn closed(is_awaited: bool) {
    if !is_awaited {
        return std::future::pending().await;
    }
    let (tell, told) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        // What comes is nobody's business; a broken input is a closed one.
        drop(io::copy(&mut io::stdin().lock(), &mut io::sink()));
        // Nobody waits any more when the demo has ended otherwise.
        let _ = tell.send(());
    });
    drop(told.await);
}

async fn start(place: &Place, args: &DemoArgs, upstream: &str) -> Result<RunningService, Failure> {
    let upstream = BaseUrl::parse(upstream).map_err(|error| Failure::plain(error.to_string()))?;
    let options = ServeOptions {
        data_dir: place.data_dir.clone(),
        listen: Some(args.listen),
        allow_remote: false,
        upstream: Some(upstream),
        control_listen: Some(([127, 0, 0, 1], 0).into()),
        is_stopped: false,
        key: KeyChoice::Fixed(Secret::new(KEY.to_owned())),
        traces: None,
        log: None,
        pace: Pace::default(),
    };
    Ok(Service::start(options).await?)
}

/// The first request, its answer as it comes, its receipt, and how to go on.
async fn show(place: &Place, service: &RunningService, args: &DemoArgs) -> Result<(), Failure> {
    if args.link {
        return show_page(place, service, args).await;
    }
    let url = service.data_plane_url();
    let token = service.token();
    say(
        "Turnpike demo. Everything here is simulated: the models, their answers, their costs. No key, no network.\n",
    )?;
    say(&format!("\nPOST {url}/v1/messages   model {MODEL}\n> {}\n\n", args.prompt))?;
    ask(service, args, io::stdout()).await?;
    say(&format!("\n\n{}\n", receipt(place).await?))?;
    if args.once {
        return Ok(());
    }
    if args.open {
        let place = place.clone();
        let opened = tokio::task::spawn_blocking(move || ui::run(&place, &UiArgs { print: false }));
        opened.await.map_err(|error| Failure::plain(format!("the demo failed inside: {error}")))??;
    }
    let (turnpike, demo) = (called::program(), called::called(&place.data_dir));
    say(&format!(
        "\nThe demo stays up. Try it from another terminal:\n\n  \
         {demo} run -- claude\n  \
         ANTHROPIC_BASE_URL={url} ANTHROPIC_AUTH_TOKEN={} ANTHROPIC_API_KEY= claude\n  \
         {demo} spend --by model\n  {demo} ui\n\n\
         For the real thing: {turnpike} key set, then {turnpike} run -- claude. Ctrl-C ends the demo.\n",
        token.secret().expose(),
    ))
}

/// A link to its page, for another program, and the first request, which that page shows.
async fn show_page(place: &Place, service: &RunningService, args: &DemoArgs) -> Result<(), Failure> {
    let place = place.clone();
    let asked = tokio::task::spawn_blocking(move || place.service()?.call(&OpenPage::default()));
    let link = asked.await.map_err(|error| Failure::plain(format!("the demo failed inside: {error}")))??;
    say(&format!("{}\n", link.url.expose()))?;
    ask(service, args, io::sink()).await
}

/// The first request; its answer is written as it comes.
async fn ask(
    service: &RunningService,
    args: &DemoArgs,
    mut out: impl io::Write + Send + 'static,
) -> Result<(), Failure> {
    let question = ask::Question {
        url: service.data_plane_url(),
        token: service.token().secret().expose().to_owned(),
        model: MODEL,
        prompt: args.prompt.clone(),
    };
    let asked = tokio::task::spawn_blocking(move || ask::stream(&question, &mut out));
    asked.await.map_err(|error| Failure::plain(format!("the demo failed inside: {error}")))?
}

/// What the request cost, asked of the service as `turnpike spend` asks it.
async fn receipt(place: &Place) -> Result<String, Failure> {
    let place = place.clone();
    let asked = tokio::task::spawn_blocking(move || -> Result<String, Failure> {
        let by_model = Spend { by: "model".to_owned(), ..Spend::default() };
        let report = place.service()?.call(&by_model)?;
        let models: Vec<String> = report.rows.into_iter().filter_map(|row| row.key).collect();
        Ok(receipt_line(&report.total, &models.join(", ")))
    });
    asked.await.map_err(|error| Failure::plain(format!("the demo failed inside: {error}")))?
}

fn receipt_line(total: &Totals, models: &str) -> String {
    format!(
        "Receipt (simulated): {} · {} tokens in, {} out · answered by {models}",
        NanoUsd(total.cost_nanos).display_about(total.is_approximate()),
        total.input_tokens + total.cache_read_tokens + total.cache_write_tokens,
        total.output_tokens,
    )
}

fn say(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}
