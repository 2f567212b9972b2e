//! Regular expressions that cost nothing before they are needed.

use super::Str;
use super::needs::Needs;
use regex_automata::meta::Regex;
use regex_automata::util::primitives::PatternID;
use regex_automata::util::syntax;
use regex_syntax::hir::Hir;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

/// A regular expression compiled when it is first needed: start-up pays nothing for it.
pub struct LazyRegex {
    source: Str,
    ignore_case: bool,
    /// Whether it is only tried where a literal of it stands: nothing need be sought, and to find out what could be takes
    /// a quarter of compiling.
    is_tried: bool,
    needs: OnceLock<Needs>,
    /// Its syntax, from the time it was asked what it needs until it is compiled for good.
    parsed: Mutex<Option<Hir>>,
    /// Bytes that were searched with the simple machine.
    searched: AtomicUsize,
    /// For the first tries of one that is only tried: without the machines that are fast, which take half of compiling.
    simple: OnceLock<Compiled>,
    compiled: OnceLock<Compiled>,
}

/// From so many bytes on, fast machines pay: they take some 100 instructions a byte less, and half a million to be made.
const FEW_BYTES: usize = 1024;

/// An expression, ready to search.
#[derive(Debug)]
pub struct Compiled {
    /// The expression.
    pub regex: Regex,
    /// The groups `value`, `value2` …: the first of them that takes part is the value.
    pub values: Vec<usize>,
}

impl Compiled {
    fn new(regex: Regex) -> Compiled {
        let number = |n: &str| n.is_empty() || n.parse::<u8>().is_ok();
        let is_value = |name: &str| name.strip_prefix("value").is_some_and(number);
        let names = regex.group_info().pattern_names(PatternID::ZERO).enumerate();
        let values = names.filter(|(_, name)| name.is_some_and(is_value)).map(|(at, _)| at).collect();
        Compiled { regex, values }
    }

    fn nothing() -> Compiled {
        Compiled::new(Regex::new(r"[^\s\S]").expect("the empty class compiles"))
    }
}

/// The same whether or not it has been needed yet.
impl std::fmt::Debug for LazyRegex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let LazyRegex { source, ignore_case, .. } = self;
        f.debug_struct("LazyRegex").field("source", source).field("ignore_case", ignore_case).finish()
    }
}

impl LazyRegex {
    /// For whole texts.
    pub(super) fn new(source: Str, ignore_case: bool) -> Self {
        LazyRegex {
            source,
            ignore_case,
            is_tried: false,
            needs: OnceLock::new(),
            parsed: Mutex::new(None),
            searched: AtomicUsize::new(0),
            simple: OnceLock::new(),
            compiled: OnceLock::new(),
        }
    }

    /// For windows around literals.
    pub(super) fn around_literals(source: Str, ignore_case: bool) -> Self {
        LazyRegex { is_tried: true, ..LazyRegex::new(source, ignore_case) }
    }

    fn parse(&self) -> Result<Hir, String> {
        let syntax = syntax::Config::new().utf8(false).unicode(false).case_insensitive(self.ignore_case);
        syntax::parse_with(&self.source, &syntax).map_err(|e| e.to_string())
    }

    pub(super) fn compile(&self) -> Result<Compiled, String> {
        self.compile_as(Regex::config())
    }

    fn compile_as(&self, config: regex_automata::meta::Config) -> Result<Compiled, String> {
        let config = config.utf8_empty(false).auto_prefilter(!self.is_tried);
        let mut builder = Regex::builder();
        builder.configure(config);
        let parsed = self.parsed.lock().unwrap_or_else(PoisonError::into_inner);
        let regex = match &*parsed {
            Some(hir) => builder.build_from_hir(hir),
            None => builder.build_from_hir(&self.parse()?),
        };
        Ok(Compiled::new(regex.map_err(|e| e.to_string())?))
    }

    /// What every match holds besides `literals`, always the same ones.
    pub fn needs(&self, literals: &[impl AsRef<[u8]>]) -> &Needs {
        self.needs.get_or_init(|| {
            let Ok(hir) = self.parse() else { return Needs::default() };
            let needs = Needs::of(&hir, literals);
            *self.parsed.lock().unwrap_or_else(PoisonError::into_inner) = Some(hir);
            needs
        })
    }

    /// The compiled expression, to search whole texts. Loading has checked that it compiles in every set that is checked;
    /// one that does not matches nothing.
    pub fn get(&self) -> &Compiled {
        self.compiled.get_or_init(|| {
            let compiled = self.compile().unwrap_or_else(|_| Compiled::nothing());
            *self.parsed.lock().unwrap_or_else(PoisonError::into_inner) = None;
            compiled
        })
    }

    /// The same, to search so many `bytes`.
    pub fn get_for(&self, bytes: usize) -> &Compiled {
        // Counted roughly: which machine searches changes nothing but the time.
        if self.compiled.get().is_none() {
            let before = self.searched.fetch_add(bytes.min(FEW_BYTES), Ordering::Relaxed);
            if before.saturating_add(bytes) < FEW_BYTES {
                let simple = || self.compile_as(Regex::config().hybrid(false).onepass(false));
                return self.simple.get_or_init(|| simple().unwrap_or_else(|_| Compiled::nothing()));
            }
        }
        self.get()
    }
}
