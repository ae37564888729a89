//! To which project a request's cost belongs: the session's working directory, its git root and branch.
//!
//! The directory stands in the system text of Claude Code, mostly in a system message near the start of the
//! conversation. Small requests of the same session do not repeat it, so it is remembered by session. Root
//! and branch are read from `.git`; no process is run, and the answer is kept for some seconds. A request waits for the
//! disk only a moment: a folder on a network that hangs costs it the branch, not its answer.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::time::timeout;

use turnpike_translate::passage;
use turnpike_wire::anthropic::{Block, Content, MessagesRequest, Role};
use turnpike_wire::chat::ChatQuery;

/// Stands before the working directory in Claude Code's system text.
const MARKS: [&str; 2] = ["Primary working directory: ", "Working directory: "];
/// How long a look at `.git` is good for.
const KEPT: Duration = Duration::from_secs(5);
/// How long a request waits for a look at `.git`.
const PATIENCE: Duration = Duration::from_millis(50);
/// Directories and sessions remembered.
const MOST: usize = 256;
/// How many messages from the start may name the directory.
const LOOKED_AT: usize = 6;

/// A folder's git work tree.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct WorkTree {
    pub(crate) root: Option<String>,
    pub(crate) branch: Option<String>,
}

/// Folders looked at lately.
#[derive(Debug)]
pub(crate) struct Projects {
    seen: Arc<Mutex<HashMap<String, Seen>>>,
    sessions: Mutex<HashMap<String, String>>,
    look: fn(&Path) -> WorkTree,
}

/// What a look at a folder has brought.
#[derive(Clone, Debug, Default)]
struct Seen {
    tree: WorkTree,
    /// When; `None` before the first look has ended.
    at: Option<Instant>,
    /// Somebody looks now: nobody else has to.
    is_looked_at: bool,
}

fn lock(seen: &Mutex<HashMap<String, Seen>>) -> MutexGuard<'_, HashMap<String, Seen>> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The working directory named in the system text: at the top, or in a system message near it.
pub(crate) fn working_directory(request: &MessagesRequest<'_>) -> Option<String> {
    let late = request.messages.iter().take(LOOKED_AT).filter(|message| message.role == Role::System);
    request.system.iter().chain(late.map(|message| &message.content)).find_map(directory_of)
}

/// The same in a request of chat completions.
pub(crate) fn directory_of_chat(query: &ChatQuery<'_>) -> Option<String> {
    let said = query.messages.iter().take(LOOKED_AT).filter_map(passage::program_text);
    said.into_iter().find_map(|text| directory_in(&text))
}

fn directory_of(content: &Content<'_>) -> Option<String> {
    match content {
        Content::Text(text) => directory_in(&text.decode()),
        Content::Blocks(blocks) => blocks.iter().find_map(|block| match block {
            Block::Text { text, .. } => directory_in(&text.decode()),
            _ => None,
        }),
    }
}

fn directory_in(text: &str) -> Option<String> {
    let line = MARKS.iter().find_map(|mark| text.find(mark).map(|at| &text[at + mark.len()..]))?;
    let path = line.lines().next()?.trim();
    (!path.is_empty() && path.len() < 4096).then(|| path.to_owned())
}

// === impl Projects ===

impl Default for Projects {
    fn default() -> Self {
        Self { seen: Arc::default(), sessions: Mutex::default(), look }
    }
}

impl Projects {
    /// The directory of a session: the one found in this request, else the one an earlier request named.
    pub(crate) fn of_session(&self, session: Option<&str>, found: Option<String>) -> Option<String> {
        let Some(session) = session else { return found };
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(found) = found else { return sessions.get(session).cloned() };
        if sessions.get(session) != Some(&found) {
            if sessions.len() >= MOST {
                sessions.clear();
            }
            sessions.insert(session.to_owned(), found.clone());
        }
        Some(found)
    }

    /// The git work tree around a folder, as far as it is known in a moment.
    pub(crate) async fn work_tree(&self, folder: &str) -> WorkTree {
        let before = {
            let mut seen = lock(&self.seen);
            if seen.len() >= MOST && !seen.contains_key(folder) {
                seen.clear();
            }
            let entry = seen.entry(folder.to_owned()).or_default();
            if entry.is_looked_at || entry.at.is_some_and(|at| at.elapsed() < KEPT) {
                return entry.tree.clone();
            }
            entry.is_looked_at = true;
            entry.tree.clone()
        };
        let (seen, look, folder) = (Arc::clone(&self.seen), self.look, folder.to_owned());
        let looking = tokio::task::spawn_blocking(move || {
            let tree = look(Path::new(&folder));
            let looked = Seen { tree: tree.clone(), at: Some(Instant::now()), is_looked_at: false };
            lock(&seen).insert(folder, looked);
            tree
        });
        match timeout(PATIENCE, looking).await {
            Ok(Ok(tree)) => tree,
            _ => before,
        }
    }
}

fn look(folder: &Path) -> WorkTree {
    let found =
        folder.ancestors().take(64).map(|root| (root, root.join(".git"))).find(|(_, git)| git.exists());
    let Some((root, git)) = found else { return WorkTree::default() };
    let branch = git_folder(root, &git).and_then(|git| read_small(&git.join("HEAD")));
    let branch = branch.and_then(|head| head.trim().strip_prefix("ref: refs/heads/").map(str::to_owned));
    WorkTree { root: Some(root.display().to_string()), branch }
}

/// `.git` is a folder, or a file that names one (worktrees, submodules).
fn git_folder(root: &Path, git: &Path) -> Option<PathBuf> {
    if git.is_dir() {
        return Some(git.to_owned());
    }
    let named = read_small(git)?.trim().strip_prefix("gitdir: ")?.to_owned();
    Some(root.join(named))
}

fn read_small(path: &Path) -> Option<String> {
    let size = path.metadata().ok()?.len();
    if size > 4096 {
        return None;
    }
    std::fs::read_to_string(path).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_directory_is_read_from_the_system_text() {
        for (text, expected) in [
            ("# Environment\n - Primary working directory: /home/me/a b\n - Platform", Some("/home/me/a b")),
            ("Working directory: C:\\src\\x\nIs directory", Some("C:\\src\\x")),
            ("Primary working directory: \n", None),
            ("nothing of the kind", None),
        ] {
            assert_eq!(directory_in(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn small_requests_belong_to_their_sessions_project() {
        let projects = Projects::default();
        let of = |session, found: Option<&str>| projects.of_session(session, found.map(str::to_owned));
        assert_eq!(of(Some("a"), None), None);
        assert_eq!(of(Some("a"), Some("/x")).as_deref(), Some("/x"));
        assert_eq!(of(Some("a"), None).as_deref(), Some("/x"));
        assert_eq!(of(Some("b"), None), None);
        assert_eq!(of(None, Some("/y")).as_deref(), Some("/y"));
    }

    #[test]
    fn a_system_message_near_the_start_names_the_directory() {
        let body = |role: &str| {
            format!(
                r#"{{"model":"m","max_tokens":1,"system":"be good","messages":[{{"role":"user","content":"hi"}},
                {{"role":"{role}","content":"<env>\n - Primary working directory: /home/me/x\n"}}]}}"#
            )
        };
        let directory =
            |body: &str| working_directory(&turnpike_translate::request::parse(body.as_bytes()).unwrap());
        assert_eq!(directory(&body("system")).as_deref(), Some("/home/me/x"));
        assert_eq!(directory(&body("user")), None, "what a user quotes is no statement of the client");
    }

    /// A folder that cannot be looked at before the test lets go.
    static HUNG: Mutex<()> = Mutex::new(());

    #[tokio::test]
    async fn a_folder_that_hangs_holds_no_request_up() {
        fn hung(_: &Path) -> WorkTree {
            drop(HUNG.lock());
            WorkTree { root: Some("/late".to_owned()), branch: None }
        }
        let projects = Projects { look: hung, ..Projects::default() };
        let hold = HUNG.lock();
        assert_eq!(projects.work_tree("/far").await, WorkTree::default());
        assert_eq!(projects.work_tree("/far").await, WorkTree::default(), "nobody else waits for it");
        drop(hold);
        while lock(&projects.seen).get("/far").is_some_and(|seen| seen.is_looked_at) {
            tokio::task::yield_now().await;
        }
        assert_eq!(projects.work_tree("/far").await.root.as_deref(), Some("/late"));
    }

    #[test]
    fn root_and_branch_come_from_dot_git() {
        let folder = std::env::temp_dir().join(format!("turnpike-project-{}", std::process::id()));
        let deep = folder.join("src/deep");
        std::fs::create_dir_all(&deep).unwrap();
        std::fs::create_dir_all(folder.join(".git")).unwrap();
        std::fs::write(folder.join(".git/HEAD"), "ref: refs/heads/feature/x\n").unwrap();
        let tree = look(&deep);
        std::fs::write(folder.join(".git/HEAD"), "0123456789abcdef\n").unwrap();
        let detached = look(&deep);
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!(tree.branch.as_deref(), Some("feature/x"));
        assert_eq!(tree.root.as_deref(), folder.to_str());
        assert_eq!((detached.branch, detached.root.as_deref()), (None, folder.to_str()));
    }
}
