//! Where reports go: standard output and files.

use super::args::{Color, ReportArguments};
use super::exit::UsageError;
use crate::address::escape;
use crate::report::{Format, Options, Report};
use anyhow::Context;
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};

/// One place a report goes to.
pub enum Output {
    /// Standard output.
    Stdout(Format),
    /// A file.
    File(Format, PathBuf),
}

/// Says where reports go, before anything is scanned: an unknown ending is found out now, not
/// after an hour.
pub fn plan(arguments: &ReportArguments) -> anyhow::Result<Vec<Output>> {
    let mut outputs = Vec::new();
    // The human report is on standard output unless only files are asked for and nobody looks.
    match arguments.format {
        Some(format) => outputs.push(Output::Stdout(format)),
        None if arguments.output.is_empty() || io::stdout().is_terminal() => {
            outputs.push(Output::Stdout(Format::Tty));
        }
        None => {}
    }
    for path in &arguments.output {
        let format = Format::from_path(path).ok_or_else(|| {
            let name = escape(path.to_string_lossy().as_bytes());
            UsageError(format!(
                "--output {name}: the ending tells the format; use .json, .jsonl, .sarif, .html or .txt"
            ))
        })?;
        let folder = folder_of(path);
        if !folder.is_dir() {
            let name = escape(folder.to_string_lossy().as_bytes());
            return Err(UsageError(format!("--output: the folder {name} does not exist")).into());
        }
        outputs.push(Output::File(format, path.clone()));
    }
    Ok(outputs)
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Writes the report to every output. One that cannot be written does not cost the others.
pub fn write(report: &Report, outputs: &[Output], arguments: &ReportArguments) -> anyhow::Result<()> {
    let mut failed = None;
    for output in outputs {
        let (format, written) = match output {
            Output::Stdout(format) => {
                // A reader that has seen enough changes nothing about what was found.
                let written = match stdout(report, *format, arguments) {
                    Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Ok(()),
                    written => written,
                };
                (*format, written.context("cannot write the report"))
            }
            Output::File(format, path) => {
                let written = file(report, *format, path, arguments).with_context(|| {
                    format!("cannot write the report to {}", escape(path.to_string_lossy().as_bytes()))
                });
                (*format, written)
            }
        };
        if let Some(omitted) = format.reporter().omits(report) {
            let _ = writeln!(anstream::stderr(), "keysift: {omitted}");
        }
        failed = failed.or(written.err());
    }
    failed.map_or(Ok(()), Err)
}

fn stdout(report: &Report, format: Format, arguments: &ReportArguments) -> io::Result<()> {
    let stdout = io::stdout();
    let is_terminal = stdout.is_terminal();
    let color = match arguments.color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => anstream::AutoStream::choice(&stdout) != anstream::ColorChoice::Never,
    };
    let width = if is_terminal { terminal_width() } else { 0 };
    let options = Options { reveal: arguments.reveal, color, width, stats: arguments.stats };
    let mut out = BufWriter::new(stdout.lock());
    format.reporter().write(report, &options, &mut out)?;
    out.flush()
}

/// Columns of the terminal, 0 when they are not known.
fn terminal_width() -> usize {
    terminal_size::terminal_size().map_or(0, |(width, _)| usize::from(width.0))
}

/// Writes to a new file that takes the place of the old one when it is whole.
fn file(report: &Report, format: Format, path: &Path, arguments: &ReportArguments) -> io::Result<()> {
    let options = Options { reveal: arguments.reveal, color: false, width: 0, stats: arguments.stats };
    // Devices and pipes (/dev/full, /dev/stdout) cannot be replaced.
    if std::fs::metadata(path).is_ok_and(|m| !m.is_file()) {
        let mut out = BufWriter::new(OpenOptions::new().write(true).open(path)?);
        format.reporter().write(report, &options, &mut out)?;
        return out.flush();
    }
    // Created for the owner alone; opened up below where nothing is revealed.
    let temporary = tempfile::Builder::new().prefix(".keysift-").tempfile_in(folder_of(path))?;
    let mut out = BufWriter::new(temporary.as_file());
    format.reporter().write(report, &options, &mut out)?;
    out.flush()?;
    drop(out);
    if !arguments.reveal {
        open_up(temporary.as_file())?;
    }
    temporary.persist(path).map_err(|e| e.error)?;
    Ok(())
}

#[cfg(unix)]
fn open_up(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(std::fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn open_up(_: &File) -> io::Result<()> {
    Ok(())
}

/// Writes a file that takes the place of the old one when it is whole; a link stays one.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let real = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let mut temporary = tempfile::Builder::new().prefix(".keysift-").tempfile_in(folder_of(&real))?;
    temporary.write_all(bytes)?;
    open_up(temporary.as_file())?;
    temporary.persist(&real).map_err(|e| e.error)?;
    Ok(())
}
