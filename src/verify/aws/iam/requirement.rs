//! What a grant waits for, and the order of weakness among such conditions.

use serde::Serialize;

/// The kind of a condition, weakest first; [`Kind::Unconditional`] is none at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Anywhere, now, on anything.
    Unconditional,
    /// On some resources only.
    Resource,
    /// On resources with, or without, a tag.
    Tag,
    /// Something else about the request, the resource or the principal.
    Other,
    /// An external id must be known.
    ExternalId,
    /// From certain addresses, networks or endpoints.
    Ip,
    /// With a second factor.
    Mfa,
}

impl Kind {
    /// The word used in reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Unconditional => "unconditional",
            Self::Resource => "resource",
            Self::Tag => "tag",
            Self::Other => "other",
            Self::ExternalId => "external-id",
            Self::Ip => "ip",
            Self::Mfa => "mfa",
        }
    }
}

/// One thing an answer waits for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Requirement {
    /// Its kind.
    pub kind: Kind,
    /// Whether the holder or some resource brings it about, so that it counts for the level: a tag that
    /// some resource has, a region the caller chooses.
    #[serde(skip)]
    pub counted: bool,
    /// In words: `needs MFA`, `from 10.0.0.0/8`, `with tag env=dev`.
    pub words: String,
}

/// A set of kinds of requirement as bits, stronger kinds higher, so that the smallest number is the
/// weakest demand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Needs(pub u8);

impl Needs {
    /// Nothing.
    pub const NONE: Self = Self(0);
    /// A tag of the resource.
    pub const TAG: Self = Self(1);
    /// Something the caller chooses or the resource has.
    pub const CHOSEN: Self = Self(2);
    /// Something nobody here can bring about.
    pub const OTHER: Self = Self(4);
    /// An external id.
    pub const EXTERNAL_ID: Self = Self(8);
    /// An address or endpoint.
    pub const IP: Self = Self(16);
    /// A second factor.
    pub const MFA: Self = Self(32);
    /// All of them.
    pub const ALL: Self = Self(63);
    /// What counts for the level: some resource may match, the caller may choose.
    pub const COUNTED: Self = Self(3);
    /// What waits, one by one, weakest first.
    pub const WAITING: [(Self, Kind); 4] = [
        (Self::OTHER, Kind::Other),
        (Self::EXTERNAL_ID, Kind::ExternalId),
        (Self::IP, Kind::Ip),
        (Self::MFA, Kind::Mfa),
    ];

    /// The bit of a requirement.
    pub fn of(requirement: &Requirement) -> Self {
        match (requirement.kind, requirement.counted) {
            (Kind::Unconditional | Kind::Resource, _) => Self::NONE,
            (Kind::Tag, true) => Self::TAG,
            (Kind::Tag, false) => Self::OTHER,
            (_, true) => Self::CHOSEN,
            (Kind::Other, false) => Self::OTHER,
            (Kind::ExternalId, false) => Self::EXTERNAL_ID,
            (Kind::Ip, false) => Self::IP,
            (Kind::Mfa, false) => Self::MFA,
        }
    }

    /// Both.
    pub fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What is in both.
    pub fn common(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether all of `self` is in `other`.
    pub fn within(self, other: Self) -> bool {
        self.0 & !other.0 == 0
    }

    /// Whether nothing is needed.
    pub fn is_none(self) -> bool {
        self.0 == 0
    }

    /// The strongest kind in the set, `resource` when only the resources are limited.
    pub fn kind(self, limited: bool) -> Kind {
        for (bit, kind) in
            [(Self::MFA, Kind::Mfa), (Self::IP, Kind::Ip), (Self::EXTERNAL_ID, Kind::ExternalId)]
        {
            if !self.common(bit).is_none() {
                return kind;
            }
        }
        if !self.common(Self(6)).is_none() {
            Kind::Other
        } else if !self.common(Self::TAG).is_none() {
            Kind::Tag
        } else if limited {
            Kind::Resource
        } else {
            Kind::Unconditional
        }
    }

    /// What waits of the set, as a key for `level_if`: `mfa`, or `ip+mfa`.
    pub fn key(self) -> String {
        let words: Vec<&str> = Self::WAITING
            .iter()
            .filter(|(bit, _)| !self.common(*bit).is_none())
            .map(|(_, kind)| kind.word())
            .collect();
        words.join("+")
    }

    /// The kinds in the set, weakest first.
    pub fn kinds(self) -> Vec<Kind> {
        let mut out = Vec::new();
        for (bit, kind) in [
            (1, Kind::Tag),
            (2, Kind::Other),
            (4, Kind::Other),
            (8, Kind::ExternalId),
            (16, Kind::Ip),
            (32, Kind::Mfa),
        ] {
            if self.0 & bit != 0 && out.last() != Some(&kind) {
                out.push(kind);
            }
        }
        out
    }
}
