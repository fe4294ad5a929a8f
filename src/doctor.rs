//! `SecureDispatch\Doctor`: everything that can be wrong with a set-up, looked at from this process.

use engine::{
    audit::{self, Event, What},
    doctor::{self, Finding, Verdict},
};
use ext_php_rs::{
    builders::FunctionBuilder,
    error::Result,
    flags::{DataType, MethodFlags},
    types::{ZendHashTable, Zval},
    zend::ExecuteData,
};

use crate::{
    custody::Custody,
    exception,
    posture::{self, Posture},
    worker,
    zend::{self, Interrupted, Sapi},
};

/// Registers the class with PHP.
pub fn register() -> Result<()> {
    zend::static_class("SecureDispatch\\Doctor")
        .method(
            FunctionBuilder::new("examine", examine).returns(DataType::Array, false, false),
            MethodFlags::Public | MethodFlags::Static,
        )
        .register()
}

/// `examine(): array`
extern "C" fn examine(ex: &mut ExecuteData, retval: &mut Zval) {
    if !zend::no_arguments(ex) {
        return;
    }
    exception::guard(|| {
        let findings = posture::current().map_or(Ok(Vec::new()), |posture| look(&posture))?;
        zend::protect(|| {
            let mut list = ZendHashTable::new();
            for finding in &findings {
                // Pushing to an array fails only when its next index would overflow.
                let _ = list.push(entry(finding));
            }
            retval.set_hashtable(list);
        })
    });
}

/// Tells the log first: whatever becomes of it, the key may be on its way.
fn look(posture: &Posture) -> std::result::Result<Vec<Finding>, Interrupted> {
    let asks =
        posture.config.is_ok() && (Sapi::current() == Sapi::Cli || doctor::takes_turn(&posture.shared));
    let message = if asks { "the API is asked, by one OPTIONS with the key" } else { "the API is not asked" };
    worker::tell(posture, || {
        audit::tell(What::Examined, || Event { message: Some(message), ..Event::default() });
    })?;
    Ok(findings(posture, asks))
}

fn findings(posture: &Posture, asks: bool) -> Vec<Finding> {
    let mut findings = match &posture.config {
        Ok(config) => vec![Finding::ok(
            "settings",
            format!(
                "right; orders go to {}, the key comes from {}",
                config.endpoint.host(),
                posture.key_source.map_or("none", engine::config::KeySource::name)
            ),
        )],
        Err(problems) => problems
            .iter()
            .map(|problem| Finding::of("settings", Verdict::Failure, &problem.to_string()))
            .collect(),
    };
    findings.extend(posture.custody.iter().flat_map(custody));
    findings.extend(match &posture.config {
        Ok(config) => doctor::examine(config, asks),
        Err(_) => doctor::unexamined(),
    });
    findings.push(doctor::examine_log(posture.audit.sink()));
    findings
}

/// Of this process: what is so on the command line need not be so in a web server.
fn custody(custody: &Custody) -> Vec<Finding> {
    let of = |protection: crate::custody::Protection| {
        let check = if protection.name == "source_private" { "file_modes" } else { "custody" };
        if protection.holds() {
            return vec![Finding::ok(check, protection.what)];
        }
        protection.faults.iter().map(|fault| Finding::of(check, Verdict::Warning, fault)).collect()
    };
    custody.now().into_iter().flat_map(of).collect()
}

fn entry(finding: &Finding) -> Zval {
    let mut entry = ZendHashTable::new();
    let text = |text: &str| zend::string(text.as_bytes());
    // Inserting under a name that is no number cannot fail.
    let _ = entry.insert("check", text(finding.check));
    let _ = entry.insert("verdict", text(finding.verdict.name()));
    let _ = entry.insert("what", text(&finding.what));
    let _ = entry.insert("remedy", finding.remedy.as_deref().map_or_else(Zval::null, text));
    let mut value = Zval::new();
    value.set_hashtable(entry);
    value
}
