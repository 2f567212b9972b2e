//! `keysift hook`: small scripts among git's hooks, told from all others by their second line.

use super::args::{Hook, HookArguments, HookCommand};
use super::exit::{Exit, UsageError};
use crate::address::escape;
use crate::source::git;
use anyhow::Context;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// What makes a script ours.
const MARK: &str = "# Written by keysift; `keysift hook uninstall` removes it.";
/// What is added to the name of a hook that was there before.
const KEPT: &str = "before-keysift";

/// Installs or removes hooks.
pub fn run(arguments: &Hook) -> anyhow::Result<Exit> {
    let mut out = anstream::stdout();
    match &arguments.command {
        HookCommand::Install(which) => {
            let folder = folder(&which.repository)?;
            for name in names(which, false) {
                let path = install(&folder, name, which.force)?;
                writeln!(out, "installed {}", escape(path.to_string_lossy().as_bytes()))?;
            }
        }
        HookCommand::Uninstall(which) => {
            let folder = folder(&which.repository)?;
            for name in names(which, true) {
                let done = if uninstall(&folder, name)? { "removed from" } else { "not in" };
                writeln!(out, "{done} {}", escape(folder.join(name).to_string_lossy().as_bytes()))?;
            }
        }
    }
    Ok(Exit::Clean)
}

fn names(arguments: &HookArguments, all: bool) -> Vec<&'static str> {
    let none = !arguments.pre_commit && !arguments.pre_push;
    let mut names = Vec::new();
    if arguments.pre_commit || none {
        names.push("pre-commit");
    }
    if arguments.pre_push || none && all {
        names.push("pre-push");
    }
    names
}

/// Where the hooks of a repository are: where its own settings say, or in its git folder.
fn folder(repository: &Path) -> Result<PathBuf, UsageError> {
    let shown = escape(repository.to_string_lossy().as_bytes());
    let (git_dir, root) = git::discover(repository)
        .ok_or_else(|| UsageError(format!("{shown}: no git repository here or above; nothing was done")))?;
    let common = git::Repository::common_of(&git_dir);
    let set = git::Repository::setting(&common, "hookspath");
    Ok(match set {
        Some(path) => root.join(path),
        None => common.join("hooks"),
    })
}

fn install(folder: &Path, name: &str, force: bool) -> anyhow::Result<PathBuf> {
    let path = folder.join(name);
    let shown = escape(path.to_string_lossy().as_bytes());
    fs::create_dir_all(folder).with_context(|| format!("cannot make the folder of {shown}"))?;
    if path.symlink_metadata().is_ok() && !is_ours(&path) {
        if !force {
            let hint = "--force keeps it beside and runs it after keysift; nothing was done";
            return Err(UsageError(format!("{shown}: there is a hook already; {hint}")).into());
        }
        let kept = folder.join(format!("{name}.{KEPT}"));
        if kept.symlink_metadata().is_ok() {
            let kept = escape(kept.to_string_lossy().as_bytes());
            return Err(UsageError(format!("{kept} is in the way; nothing was done")).into());
        }
        fs::rename(&path, &kept).with_context(|| format!("cannot move {shown}"))?;
    }
    let program = std::env::current_exe().unwrap_or_else(|_| "keysift".into());
    let mut file = tempfile::Builder::new().prefix(".keysift-").tempfile_in(folder)?;
    file.write_all(script(name, &program).as_bytes())?;
    make_executable(file.as_file())?;
    file.persist(&path).map_err(|e| e.error).with_context(|| format!("cannot write {shown}"))?;
    Ok(path)
}

fn uninstall(folder: &Path, name: &str) -> anyhow::Result<bool> {
    let path = folder.join(name);
    if !is_ours(&path) {
        return Ok(false);
    }
    let shown = escape(path.to_string_lossy().as_bytes());
    let kept = folder.join(format!("{name}.{KEPT}"));
    if kept.symlink_metadata().is_ok() {
        fs::rename(&kept, &path).with_context(|| format!("cannot put back what was {shown}"))?;
    } else {
        fs::remove_file(&path).with_context(|| format!("cannot remove {shown}"))?;
    }
    Ok(true)
}

fn is_ours(path: &Path) -> bool {
    fs::read_to_string(path).is_ok_and(|text| text.lines().nth(1) == Some(MARK))
}

fn script(name: &str, program: &Path) -> String {
    let quoted = program.to_string_lossy().replace('\'', r"'\''");
    let work = match name {
        "pre-push" => PRE_PUSH,
        _ => "\"$keysift\" git --staged --quiet || exit $?\n",
    };
    let chain = match name {
        "pre-push" => "printf '%s\\n' \"$input\" | \"$kept\" \"$@\"",
        _ => "exec \"$kept\" \"$@\"",
    };
    format!(
        "#!/bin/sh\n{MARK}\nkeysift='{quoted}'\n[ -x \"$keysift\" ] || keysift=keysift\n{work}\
         kept=\"$(dirname \"$0\")/{name}.{KEPT}\"\n[ ! -x \"$kept\" ] || {chain}\n"
    )
}

/// Git says line by line what is pushed: name and commit here, name and commit there. Zeros stand for
/// what is not there: a branch that is removed here, or new there.
const PRE_PUSH: &str = r#"input=$(cat)
printf '%s\n' "$input" | while read -r _ ours _ theirs; do
    case "$ours" in *[!0]*) ;; *) continue ;; esac
    if git cat-file -e "$theirs^{commit}" 2>/dev/null; then
        "$keysift" git --quiet --branch "$ours" --since "$theirs" || exit $?
    else
        set -- --quiet --branch "$ours"
        for known in $(git for-each-ref --format='%(objectname)' refs/remotes/); do
            set -- "$@" --since "$known"
        done
        "$keysift" git "$@" || exit $?
    fi
done || exit $?
"#;

#[cfg(unix)]
fn make_executable(file: &fs::File) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
fn make_executable(_: &fs::File) -> std::io::Result<()> {
    Ok(())
}
