//! The system's user who gives a command, for the record of what was done.

use std::fs;

/// The login id of a process that nobody logged in for, such as a service (`proc_pid_loginuid(5)`).
const NOBODY: u32 = u32::MAX;

/// Who runs this process, for people to read: `hibob`; or `ana as hibob`, if the kernel knows that ana has logged in and
/// become hibob. A user without a name is shown as `uid 4711`.
pub fn this_user() -> String {
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let user = name(&users, rustix::process::getuid().as_raw());
    let login = fs::read_to_string("/proc/self/loginuid").ok().and_then(|text| text.trim().parse().ok());
    match login.filter(|login| *login != NOBODY).map(|login| name(&users, login)) {
        Some(login) if login != user => format!("{login} as {user}"),
        _ => user,
    }
}

/// The name of a user in the text of `/etc/passwd` (`passwd(5)`).
fn name(users: &str, id: u32) -> String {
    let named = users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next().filter(|name| !name.is_empty())?;
        (fields.nth(1)?.parse() == Ok(id)).then(|| name.to_owned())
    });
    named.unwrap_or_else(|| format!("uid {id}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_has_the_name_of_the_system_or_a_number() {
        let users = "root:x:0:0:root:/root:/bin/sh\n\nbroken\nana:x:1000:1000::/home/ana:\n:x:7:7::/:\n";
        assert_eq!([name(users, 0), name(users, 1000)], ["root", "ana"]);
        assert_eq!([name(users, 7), name("", 4711)], ["uid 7", "uid 4711"]);
        assert!(!this_user().is_empty());
    }
}
