//! `keysift revoke`: switches a key off with the responder's own credentials.

use super::args::Revoke;
use super::exit::{Exit, UsageError};
use super::verify::environment;
use crate::verify::aws::revoke::{Key, Session};
use crate::verify::{Mode, Options};
use std::io::{self, BufRead, IsTerminal, Write};

/// Shows what would be done, asks, does it, and checks that it was done.
pub fn run(arguments: &Revoke) -> anyhow::Result<Exit> {
    let mut options = Options::new(Mode::Responder);
    options.profile = arguments.profile.clone();
    options.endpoint_url = arguments.endpoint_url.clone();
    options.region = arguments.region.clone();
    let session = Session::new(&options, &environment).map_err(UsageError)?;
    let key = session.find(&arguments.key_id).map_err(UsageError)?;
    let mut out = io::stdout().lock();
    describe(&key, &session, &mut out)?;
    if key.status == "Inactive" {
        writeln!(out, "It is inactive already; nothing was done.")?;
        return Ok(Exit::Clean);
    }
    if arguments.dry_run {
        writeln!(out, "Dry run: nothing was done.")?;
        return Ok(Exit::Clean);
    }
    if !arguments.yes && !confirmed(&mut out)? {
        writeln!(out, "Nothing was done.")?;
        return Ok(Exit::Usage);
    }
    session.deactivate(&key).map_err(|e| anyhow::anyhow!("{e}"))?;
    writeln!(out, "Done: ListAccessKeys says Inactive. To undo: --status Active in the command above.")?;
    writeln!(
        out,
        "Sessions made with the key live on; keysift verify responder --key-id {} tells how to end them.",
        key.id
    )?;
    Ok(Exit::Clean)
}

fn describe(key: &Key, session: &Session, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "key        {} ({})", key.id, key.status)?;
    writeln!(out, "user       {} in account {}", key.user, session.account())?;
    writeln!(out, "last used  {}", key.last_used)?;
    writeln!(out, "as         {}", session.arn())?;
    writeln!(
        out,
        "command    aws iam update-access-key --user-name {} --access-key-id {} --status Inactive",
        key.user, key.id
    )?;
    writeln!(out, "breaks     whatever still uses the key, at once")
}

fn confirmed(out: &mut impl Write) -> anyhow::Result<bool> {
    if !io::stdin().is_terminal() {
        return Err(UsageError(
            "standard input is no terminal: nothing was done; --yes deactivates without asking".into(),
        )
        .into());
    }
    write!(out, "Deactivate it? Type yes: ")?;
    out.flush()?;
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    Ok(line.trim() == "yes")
}
