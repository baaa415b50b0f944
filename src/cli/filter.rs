//! Which incidents a command is about: the same options wherever there are many.

use crate::config::Config;
use crate::incident::Families;
use crate::record::Cause;
use crate::store::IncidentQuery;
use crate::temporal::{self, KST, Moment};

/// Which incidents.
#[derive(clap::Args, Clone, Debug)]
pub(super) struct Filter {
    /// Only this service: its name, another name of it, or its id; may be given again
    #[arg(long = "service", value_name = "NAME")]
    pub services: Vec<String>,
    /// Only services that this company runs; may be given again
    #[arg(long = "operator", value_name = "NAME")]
    pub operators: Vec<String>,
    /// Only this company and all services under it; may be given again
    #[arg(long = "group", value_name = "COMPANY")]
    groups: Vec<String>,
    /// Only this kind of service (messenger, payment, bank, telecom, cloud, …)
    #[arg(long, value_name = "KIND")]
    pub category: Option<String>,
    /// Only this cause (network, traffic, system, change, hardware, power, fire, attack, third_party, disaster, investigating)
    #[arg(long, value_name = "CAUSE")]
    pub cause: Option<Cause>,
    /// Only what lasted into this time or began later (2023, 2023-05, 2023-05-15, 2023-05-15T12:10, 어제, 지난달, 2023년 5월)
    #[arg(long, value_name = "TIME", value_parser = time_now)]
    pub since: Option<Given>,
    /// Only what began by the end of this time
    #[arg(long, value_name = "TIME", value_parser = time_now)]
    pub until: Option<Given>,
}

impl Filter {
    /// Whether anything is asked for.
    pub fn is_any(&self) -> bool {
        let lists = [&self.services, &self.operators, &self.groups];
        lists.iter().any(|l| !l.is_empty())
            || self.category.is_some()
            || self.cause.is_some()
            || self.since.is_some()
            || self.until.is_some()
    }

    /// The question to the store. Names are looked up in the dictionary, which knows other names; what it does not know may still stand in a record.
    pub fn query(&self, config: &Config) -> anyhow::Result<IncidentQuery> {
        let key = |name: &str, id: Option<&str>| Families::default().key(name, id);
        let mut query = IncidentQuery {
            category: self.category.clone(),
            cause: self.cause,
            since: self.since.map(|g| g.start),
            until: self.until.map(|g| g.end),
            ..IncidentQuery::default()
        };
        for given in &self.services {
            if let Some((id, name)) = crate::resolve_service(config, given)? {
                query.services.extend([key(&name, Some(&id)), name]);
            }
            query.services.extend([key(given, None), key(given, Some(given)), given.clone()]);
        }
        for given in &self.operators {
            query.operators.extend(crate::resolve_service(config, given)?.map(|(_, name)| name));
            query.operators.push(given.clone());
        }
        for given in &self.groups {
            query.groups.push(match crate::resolve_service(config, given)? {
                Some((id, name)) => key(&name, Some(&id)),
                None => key(given, None),
            });
        }
        Ok(query)
    }
}

/// The two ends of a time that was given: a moment is its own end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Given {
    /// Where it begins.
    pub start: Moment,
    /// Where it ends.
    pub end: Moment,
}

fn time_now(text: &str) -> Result<Given, String> {
    time(text, Moment::minute(KST.to_datetime(jiff::Timestamp::now())))
}

/// A time in ISO form, or in words as of `now`.
fn time(text: &str, now: Moment) -> Result<Given, String> {
    let text = text.trim();
    if let Ok(moment) = text.parse::<Moment>() {
        return Ok(Given { start: moment, end: moment });
    }
    let wrong = || "expected 2023, 2023-05, 2023-05-15, 2023-05-15T12:10, or words such as 어제, 지난달 or 2023년 5월".to_owned();
    let found = temporal::find(text, Some(now));
    let [one] = found.as_slice() else { return Err(wrong()) };
    // 지난달부터, 어제까지: a particle is no other time.
    let rest = text.get(one.range.end..).unwrap_or_default();
    if one.range.start != 0 || !["", "부터", "까지", "이후", "이전"].contains(&rest.trim()) {
        return Err(wrong());
    }
    let (start, end) = (one.start(), one.end());
    match (start.or(end), end.or(start)) {
        (Some(start), Some(end)) => Ok(Given { start, end }),
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_in_iso_form_and_in_words() {
        let now: Moment = "2024-03-15T10:00".parse().unwrap();
        for (text, start, end) in [
            ("2023", "2023", "2023"),
            ("2023-05-15T12:10", "2023-05-15T12:10", "2023-05-15T12:10"),
            ("어제", "2024-03-14", "2024-03-14"),
            ("지난달", "2024-02", "2024-02"),
            ("지난달부터", "2024-02", "2024-02"),
            ("2023년", "2023", "2023"),
            ("작년 5월", "2023-05", "2023-05"),
            ("지난 8일", "2024-03-08", "2024-03-08"),
        ] {
            let given = Given { start: start.parse().unwrap(), end: end.parse().unwrap() };
            assert_eq!(time(text, now), Ok(given), "{text}");
        }
        for text in ["", "soon", "먹통", "어제 말고 오늘", "두 시간", "2023-13"] {
            assert!(time(text, now).is_err(), "{text}");
        }
    }
}
