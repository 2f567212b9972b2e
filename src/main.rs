//! The `keysift` program.

fn main() -> std::process::ExitCode {
    keysift::cli::main()
}
