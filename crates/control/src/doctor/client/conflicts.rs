//! Variables that stand in the way.

use turnpike_api::command::{Finding, Severity};

use super::variables::Variables;
use super::{Expected, finding};

const SUBJECT: &str = "variables";
const WINDOW: &str = "CLAUDE_CODE_AUTO_COMPACT_WINDOW";
/// Variables that send Claude Code to a cloud's own service, whatever the base URL.
const CLOUDS: [(&str, &str); 3] = [
    ("CLAUDE_CODE_USE_BEDROCK", "Amazon Bedrock"),
    ("CLAUDE_CODE_USE_VERTEX", "Google Vertex AI"),
    ("CLAUDE_CODE_USE_FOUNDRY", "Microsoft Foundry"),
];

/// Those that send Claude Code past every base URL.
pub(super) fn past_every_url(variables: &Variables, is_ours: bool) -> Vec<Finding> {
    let severity = if is_ours { Severity::Error } else { Severity::Warning };
    let one = |(name, cloud): &(&str, &str)| {
        let setting = variables.set(name)?;
        let is_off = matches!(setting.value.as_deref(), Some("0" | "false" | "no" | "off"));
        let message = format!("{} sends Claude Code to {cloud}, past Turnpike", setting.source);
        (!is_off).then(|| finding(SUBJECT, severity, message, Some(&setting.removal())))
    };
    CLOUDS.iter().filter_map(one).collect()
}

/// Those that matter to a client that comes here.
pub(super) fn findings(variables: &Variables, expected: &Expected<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some(setting) = variables.set("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC") {
        let message = format!("{} makes Claude Code stop with a dialog in auto mode", setting.source);
        findings.push(finding(SUBJECT, Severity::Warning, message, Some(&setting.removal())));
    }
    if let Some(setting) = variables.proxy() {
        let message =
            format!("{} is a proxy that requests to this machine would go through, too", setting.source);
        findings.push(finding(
            SUBJECT,
            Severity::Warning,
            message,
            Some("set NO_PROXY=127.0.0.1,localhost beside it"),
        ));
    }
    let told = variables.set(WINDOW).and_then(|setting| setting.value.as_deref()?.parse::<u64>().ok());
    let smallest = expected.variable(WINDOW).and_then(|window| window.parse::<u64>().ok());
    if let Some(smallest) = smallest
        && told.is_none_or(|told| told > smallest)
    {
        let believes = told.map_or_else(|| "a million".to_owned(), |told| told.to_string());
        let message = format!(
            "Claude Code believes in a window of {believes} tokens; the smallest mapped one has {smallest}"
        );
        let fix = format!("run `turnpike claude apply`, or set {WINDOW}={smallest}");
        findings.push(finding(SUBJECT, Severity::Warning, message, Some(&fix)));
    }
    findings
}
