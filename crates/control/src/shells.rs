//! The commands about shells' profiles.

use turnpike_api::command::{ShellProfile, ShellsReply};
use turnpike_api::{ApiError, ErrorCode};

use crate::core::Core;
use crate::shell_profile::{self, Home, ProfileError, ProfileShell, Program};

/// All profiles. Blocks on the disk.
pub(crate) fn list(core: &Core) -> Result<ShellsReply, ApiError> {
    let (home, program) = places(core)?;
    let shells = ProfileShell::ALL.into_iter().map(|shell| describe(shell, &home, &program)).collect();
    Ok(ShellsReply { shells })
}

/// Puts the block into a profile. Blocks on the disk.
pub(crate) fn install(core: &Core, name: &str) -> Result<ShellProfile, ApiError> {
    let (home, program) = places(core)?;
    let shell = parse(name)?;
    let line = shell.line(&program).map_err(|error| refused(&error))?;
    shell_profile::install(&shell.profile(&home), &line).map_err(|error| refused(&error))?;
    tracing::info!(shell = shell.as_str(), "a shell's profile sets the environment of clients");
    Ok(describe(shell, &home, &program))
}

/// Takes the block out of a profile. Blocks on the disk.
pub(crate) fn remove(core: &Core, name: &str) -> Result<ShellProfile, ApiError> {
    let (home, program) = places(core)?;
    let shell = parse(name)?;
    shell_profile::remove(&shell.profile(&home)).map_err(|error| refused(&error))?;
    tracing::info!(shell = shell.as_str(), "a shell's profile is as it was before");
    Ok(describe(shell, &home, &program))
}

fn places(core: &Core) -> Result<(Home, Program), ApiError> {
    let home = Home::of_process().map_err(|error| refused(&error))?;
    let program = Program::of_process(&core.data_dir).map_err(|error| {
        ApiError::new(ErrorCode::Unavailable, format!("the program's own path is not known ({error})"))
    })?;
    Ok((home, program))
}

fn parse(name: &str) -> Result<ProfileShell, ApiError> {
    ProfileShell::parse(name).ok_or_else(|| {
        let name: String = name.chars().take(40).collect();
        let known = ProfileShell::ALL.map(ProfileShell::as_str).join(", ");
        ApiError::new(ErrorCode::Invalid, format!("`{name}` is no shell with a profile; there are: {known}"))
    })
}

fn describe(shell: ProfileShell, home: &Home, program: &Program) -> ShellProfile {
    let path = shell.profile(home);
    let found = shell_profile::installed(&path);
    let line = match &found {
        Ok(Some(line)) => Ok(line.clone()),
        _ => shell.line(program),
    };
    let problem = found.as_ref().err().or(line.as_ref().err()).map(ToString::to_string);
    ShellProfile {
        shell: shell.as_str().to_owned(),
        exists: path.exists(),
        path: path.display().to_string(),
        is_installed: matches!(found, Ok(Some(_))),
        line: line.unwrap_or_default(),
        problem,
    }
}

fn refused(error: &ProfileError) -> ApiError {
    ApiError::new(ErrorCode::Unavailable, error.to_string())
}
