//! Other ways by which Claude Code is started, past its settings.

use turnpike_api::command::{Finding, Severity};

use super::finding;
use super::profile::ProfileLine;
use super::world::ClientWorld;

const SUBJECT: &str = "bypass";
/// Claude Code Router's folder, and the file that says that it runs.
const ROUTER: &str = ".claude-code-router";
const ROUTER_PID: &str = ".claude-code-router.pid";

/// Routers and aliases that start another Claude Code than the one that was looked at.
pub(super) fn findings(world: &ClientWorld, lines: &[ProfileLine]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let router = world.home.join(ROUTER);
    if router.join("config.json").exists() {
        let runs = if router.join(ROUTER_PID).exists() { " and runs" } else { "" };
        let message =
            format!("Claude Code Router is set up{runs}: `ccr code` starts Claude Code past Turnpike");
        let fix = "start `claude` itself, or `turnpike run -- claude`; `turnpike import` takes the router's models over";
        findings.push(finding(SUBJECT, Severity::Warning, message, Some(fix)));
    }
    for line in lines {
        let text = line.text.as_str();
        let is_alias = text.starts_with("alias claude=")
            || text.starts_with("alias claude ")
            || text.starts_with("function claude ")
            || text.starts_with("claude()")
            || text.starts_with("claude ()");
        let message = if text.contains("ccr activate") {
            format!("{} sends Claude Code to Claude Code Router in new terminals", line.place)
        } else if is_alias && !text.contains("turnpike") {
            format!("{} makes `claude` another command", line.place)
        } else {
            continue;
        };
        findings.push(finding(
            SUBJECT,
            Severity::Warning,
            message,
            Some("take that line out if it is not meant"),
        ));
    }
    findings
}
