//! Where AWS is: partitions, regional endpoints, and the standard ways to name others.

use crate::net::http::check_endpoint;

/// A part of AWS with accounts and keys of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Partition {
    /// The commercial regions.
    Aws,
    /// GovCloud (US).
    UsGov,
    /// China.
    China,
    /// European Sovereign Cloud.
    Europe,
}

impl Partition {
    /// In the order they are asked when a key does not tell which it is of.
    pub const ALL: [Partition; 4] = [Partition::Aws, Partition::UsGov, Partition::China, Partition::Europe];

    /// As it stands in ARNs.
    pub fn name(self) -> &'static str {
        match self {
            Partition::Aws => "aws",
            Partition::UsGov => "aws-us-gov",
            Partition::China => "aws-cn",
            Partition::Europe => "aws-eusc",
        }
    }

    /// The partition an ARN names.
    pub fn of_arn(arn: &str) -> Option<Partition> {
        let name = arn.split(':').nth(1)?;
        Partition::ALL.into_iter().find(|p| p.name() == name)
    }

    /// The partition a region is in.
    pub fn of_region(region: &str) -> Partition {
        match region {
            r if r.starts_with("us-gov-") => Partition::UsGov,
            r if r.starts_with("cn-") => Partition::China,
            r if r.starts_with("eusc-") => Partition::Europe,
            _ => Partition::Aws,
        }
    }

    fn home(self) -> &'static str {
        match self {
            Partition::Aws => "us-east-1",
            Partition::UsGov => "us-gov-west-1",
            Partition::China => "cn-north-1",
            Partition::Europe => "eusc-de-east-1",
        }
    }

    /// Under which its services are.
    pub fn domain(self) -> &'static str {
        match self {
            Partition::Aws | Partition::UsGov => "amazonaws.com",
            Partition::China => "amazonaws.com.cn",
            Partition::Europe => "amazonaws.eu",
        }
    }
}

/// A service that is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Service {
    /// Security Token Service.
    Sts,
    /// Identity and Access Management.
    Iam,
    /// Organizations.
    Organizations,
}

impl Service {
    /// As it stands in action names and signatures.
    pub fn name(self) -> &'static str {
        match self {
            Service::Sts => "sts",
            Service::Iam => "iam",
            Service::Organizations => "organizations",
        }
    }

    /// The version of its query interface; none for JSON services.
    pub fn version(self) -> Option<&'static str> {
        match self {
            Service::Sts => Some("2011-06-15"),
            Service::Iam => Some("2010-05-08"),
            Service::Organizations => None,
        }
    }
}

/// Whether something has the form of a region's name, and may stand in the name of a host.
pub fn is_region(name: &str) -> bool {
    let is_fine = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    (1..=32).contains(&name.len()) && name.bytes().all(is_fine)
}

/// The endpoints in use.
#[derive(Clone, Debug, Default)]
pub struct Endpoints {
    /// For every service without one of its own: `--endpoint-url`, `AWS_ENDPOINT_URL`.
    pub all: Option<String>,
    /// By service: `AWS_ENDPOINT_URL_STS` and the like.
    pub of: Vec<(Service, String)>,
    /// The region to speak to where a service has many.
    pub region: Option<String>,
}

impl Endpoints {
    /// What the command line (`flag`) and the environment say.
    pub fn new(
        flag: Option<&str>,
        region: Option<&str>,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Endpoints, String> {
        let mut endpoints = Endpoints {
            region: region
                .map(str::to_string)
                .or_else(|| env("AWS_REGION"))
                .or_else(|| env("AWS_DEFAULT_REGION")),
            ..Endpoints::default()
        };
        if let Some(region) = &endpoints.region
            && !is_region(region)
        {
            return Err(format!("{:?} is no AWS region", crate::address::escape(region.as_bytes())));
        }
        let ignore =
            env("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS").is_some_and(|v| v.eq_ignore_ascii_case("true"));
        let checked = |name: &str, url: String| {
            check_endpoint(&url).map_err(|e| format!("{name}: {e}"))?;
            Ok::<_, String>(url.trim_end_matches('/').to_string())
        };
        if let Some(url) = flag {
            endpoints.all = Some(checked("--endpoint-url", url.to_string())?);
        } else if !ignore {
            for service in [Service::Sts, Service::Iam, Service::Organizations] {
                let name = format!("AWS_ENDPOINT_URL_{}", service.name().to_uppercase());
                if let Some(url) = env(&name).filter(|u| !u.is_empty()) {
                    endpoints.of.push((service, checked(&name, url)?));
                }
            }
            if let Some(url) = env("AWS_ENDPOINT_URL").filter(|u| !u.is_empty()) {
                endpoints.all = Some(checked("AWS_ENDPOINT_URL", url)?);
            }
        }
        Ok(endpoints)
    }

    /// The address of a service in a partition, and the region to sign for.
    pub fn url(&self, service: Service, partition: Partition) -> (String, String) {
        let region = match &self.region {
            Some(region) if service == Service::Sts && Partition::of_region(region) == partition => {
                region.clone()
            }
            _ => partition.home().to_string(),
        };
        let named = self.of.iter().find(|(s, _)| *s == service).map(|(_, url)| url).or(self.all.as_ref());
        if let Some(url) = named {
            return (url.clone(), region);
        }
        let domain = partition.domain();
        let url = match (service, partition) {
            (Service::Iam, Partition::Aws) => "https://iam.amazonaws.com".to_string(),
            (Service::Iam, Partition::UsGov) => "https://iam.us-gov.amazonaws.com".to_string(),
            (service, _) => format!("https://{}.{region}.{domain}", service.name()),
        };
        (url, region)
    }

    /// The partitions to ask about a key: all, unless an endpoint is named.
    pub fn partitions(&self) -> Vec<Partition> {
        let is_named = self.all.is_some() || self.of.iter().any(|(s, _)| *s == Service::Sts);
        let first = self.region.as_deref().map_or(Partition::Aws, Partition::of_region);
        if is_named {
            return vec![first];
        }
        let mut all = Partition::ALL.to_vec();
        all.sort_by_key(|p| *p != first);
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partitions_have_endpoints_of_their_own() {
        let endpoints = Endpoints::default();
        for (service, partition, url, region) in [
            (Service::Sts, Partition::Aws, "https://sts.us-east-1.amazonaws.com", "us-east-1"),
            (Service::Iam, Partition::Aws, "https://iam.amazonaws.com", "us-east-1"),
            (Service::Sts, Partition::China, "https://sts.cn-north-1.amazonaws.com.cn", "cn-north-1"),
            (Service::Iam, Partition::China, "https://iam.cn-north-1.amazonaws.com.cn", "cn-north-1"),
            (Service::Iam, Partition::UsGov, "https://iam.us-gov.amazonaws.com", "us-gov-west-1"),
            (Service::Sts, Partition::Europe, "https://sts.eusc-de-east-1.amazonaws.eu", "eusc-de-east-1"),
        ] {
            assert_eq!(endpoints.url(service, partition), (url.into(), region.into()));
        }
        assert_eq!(endpoints.partitions().len(), 4);
    }

    #[test]
    fn flags_go_before_the_environment_and_services_before_all() {
        let env = |name: &str| match name {
            "AWS_ENDPOINT_URL" => Some("http://127.0.0.1:1/".to_string()),
            "AWS_ENDPOINT_URL_IAM" => Some("http://127.0.0.1:2".to_string()),
            "AWS_REGION" => Some("eu-west-1".to_string()),
            _ => None,
        };
        let endpoints = Endpoints::new(None, None, &env).unwrap();
        assert_eq!(
            endpoints.url(Service::Sts, Partition::Aws),
            ("http://127.0.0.1:1".into(), "eu-west-1".into())
        );
        assert_eq!(endpoints.url(Service::Iam, Partition::Aws).0, "http://127.0.0.1:2");
        assert_eq!(endpoints.partitions(), [Partition::Aws]);
        let endpoints = Endpoints::new(Some("http://[::1]:3"), Some("us-gov-east-1"), &env).unwrap();
        assert_eq!(endpoints.url(Service::Iam, Partition::UsGov).0, "http://[::1]:3");
        assert!(Endpoints::new(Some("http://example.com"), None, &env).is_err());
        assert!(Endpoints::new(None, Some("evil.example/"), &env).is_err());
    }
}
