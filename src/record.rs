//! The record: what meoktong writes down of one outage. Its field names are a public contract, the same in the extractor's
//! output, the database, the exports and the fixtures.

use serde::{Deserialize, Serialize};

use crate::temporal::Moment;

macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$vmeta:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum $name { $($(#[$vmeta])* #[serde(rename = $word)] $variant),+ }

        impl $name {
            /// Every value, in the order of the documentation.
            pub const ALL: &'static [$name] = &[$($name::$variant),+];

            /// The word that stands for it in records.
            pub fn as_str(self) -> &'static str {
                match self { $($name::$variant => $word),+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = UnknownWord;
            fn from_str(word: &str) -> Result<Self, UnknownWord> {
                match word {
                    $($word => Ok($name::$variant),)+
                    _ => Err(UnknownWord { word: word.chars().take(60).collect(), known: &[$($word),+] }),
                }
            }
        }
    };
}

/// A word that is not among those a field may hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{word}` is not one of {}", known.join(", "))]
pub struct UnknownWord {
    word: String,
    known: &'static [&'static str],
}

words! {
    /// Why the service failed, as far as the text says.
    Cause {
        /// Lines, routers, DNS, gateways, the network of the operator.
        Network = "network",
        /// More visitors than the service could bear.
        Traffic = "traffic",
        /// An error of servers or software.
        System = "system",
        /// An update, a deployment, a setting, a worker's mistake.
        Change = "change",
        /// A broken device or disk.
        Hardware = "hardware",
        /// Power, UPS.
        Power = "power",
        /// Fire.
        Fire = "fire",
        /// DDoS, intrusion, ransomware.
        Attack = "attack",
        /// Another company's cloud, CDN, line or product.
        ThirdParty = "third_party",
        /// Earthquake, typhoon, a cable cut by building work.
        Disaster = "disaster",
        /// The text says that the cause is being looked for.
        Investigating = "investigating",
    }
}

words! {
    /// How the outage stood when the article was written.
    Status {
        /// It is over.
        Resolved = "resolved",
        /// It goes on.
        Ongoing = "ongoing",
        /// The text does not say.
        Unknown = "unknown",
    }
}

words! {
    /// Whether the article is about the outage or only recalls it.
    Role {
        /// The article's own news.
        Main = "main",
        /// An earlier outage told beside it.
        Background = "background",
    }
}

words! {
    /// Where the quote of an [`Evidence`] stands.
    Place {
        /// In the title.
        Title = "title",
        /// In the text.
        Text = "text",
    }
}

words! {
    /// Whether an article tells of any outage.
    Label {
        /// It has at least one record.
        Outage = "outage",
        /// It has none.
        None = "none",
    }
}

words! {
    /// The field that an [`Evidence`] supports.
    Field {
        /// The service's name.
        Service = "service",
        /// The start.
        Start = "start",
        /// The end.
        End = "end",
        /// The duration.
        Duration = "duration",
        /// The cause.
        Cause = "cause",
        /// The status.
        Status = "status",
        /// A word for the failure.
        Keywords = "keywords",
    }
}

/// A piece of the article that a field of a record rests on.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Evidence {
    /// The field that it supports.
    pub field: Field,
    /// Title or text.
    #[serde(rename = "in")]
    pub place: Place,
    /// The words themselves.
    pub quote: String,
    /// First character, counted in Unicode scalar values from 0.
    pub from: usize,
    /// One past the last character.
    pub to: usize,
}

/// One outage of one service, as one article tells it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outage {
    /// The service by its usual name; as the text has it where no dictionary lists it.
    pub service: String,
    /// The dictionary's id of the service; none where no dictionary lists it.
    pub service_id: Option<String>,
    /// Who runs it.
    pub operator: Option<String>,
    /// The kind of service (messenger, bank, …).
    pub category: Option<String>,
    /// When it began, at the precision of the text.
    pub start: Option<Moment>,
    /// When it was over, at the precision of the text.
    pub end: Option<Moment>,
    /// How long it lasted, in whole minutes.
    pub duration_min: Option<u32>,
    /// Why.
    pub cause: Option<Cause>,
    /// How it stood when the article was written.
    pub status: Status,
    /// The article's news, or background.
    pub role: Role,
    /// The words that the text has for the failure.
    pub keywords: Vec<String>,
    /// How likely the record is right, from 0 to 1.
    pub confidence: f64,
    /// What the fields rest on.
    pub evidence: Vec<Evidence>,
}

/// One line of `extract --format jsonl`: an article and its outages.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ArticleRecords {
    /// The id that the input gave, else derived from the content.
    pub id: String,
    /// Where the article stands.
    pub url: Option<String>,
    /// Its headline.
    pub title: String,
    /// Who published it.
    pub publisher: Option<String>,
    /// When it was published, in Korean time.
    pub published_at: Option<Moment>,
    /// `outage` exactly where `outages` is not empty.
    pub label: Label,
    /// How likely the article tells of an outage, from 0 to 1.
    pub score: f64,
    /// The records, the article's news first.
    pub outages: Vec<Outage>,
}
