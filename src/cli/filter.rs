//! Which incidents a command is about: the same options wherever there are many.

use crate::config::Config;
use crate::incident::Families;
use crate::record::Cause;
use crate::store::IncidentQuery;
use crate::temporal::Moment;

/// Which incidents.
#[derive(clap::Args, Clone, Debug)]
pub(super) struct Filter {
    /// Only this service: its name, another name of it, or its id; may be given again
    #[arg(long = "service", value_name = "NAME")]
    services: Vec<String>,
    /// Only services that this company runs; may be given again
    #[arg(long = "operator", value_name = "NAME")]
    operators: Vec<String>,
    /// Only this company and all services under it; may be given again
    #[arg(long = "group", value_name = "COMPANY")]
    groups: Vec<String>,
    /// Only this kind of service (messenger, payment, bank, telecom, cloud, …)
    #[arg(long, value_name = "KIND")]
    category: Option<String>,
    /// Only this cause (network, traffic, system, change, hardware, power, fire, attack, third_party, disaster, investigating)
    #[arg(long, value_name = "CAUSE")]
    cause: Option<Cause>,
    /// Only from this time on (2023, 2023-05, 2023-05-15, 2023-05-15T12:10)
    #[arg(long, value_name = "TIME")]
    pub since: Option<Moment>,
    /// Only up to the end of this time
    #[arg(long, value_name = "TIME")]
    pub until: Option<Moment>,
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
            since: self.since,
            until: self.until,
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
