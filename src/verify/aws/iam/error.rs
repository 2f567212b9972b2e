//! Why a snapshot could not be read at all.

/// A snapshot that is no snapshot.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct Error(#[from] pub(super) ErrorKind);

#[derive(Debug, thiserror::Error)]
pub(super) enum ErrorKind {
    /// Not JSON.
    #[error("IAM snapshot: not JSON at line {line}, column {column}: {what}")]
    Json {
        /// Line of the fault.
        line: usize,
        /// Column of the fault.
        column: usize,
        /// What the parser said.
        what: String,
    },
    /// JSON, but something else.
    #[error(
        "IAM snapshot: expected the output of `aws iam get-account-authorization-details` (UserDetailList, RoleDetailList …), found {0}"
    )]
    Shape(&'static str),
}
