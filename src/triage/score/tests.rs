use super::*;
use crate::engine::assignment;
use crate::pattern::example::{Generator, fill};

/// The best judgement of what is assigned to a name with `pass`, `secret`, `token` or `key` in it.
fn best(template: &str) -> Result<Rated, Refusal> {
    let text = fill(template, &mut Generator::new(5));
    let mut best = Err("nothing is assigned");
    let lower = text.to_ascii_lowercase();
    for hot in ["pass", "secret", "token", "api_key", "pwd", "pw\"", "salt", "seed"] {
        for at in memchr::memmem::find_iter(lower.as_bytes(), hot.as_bytes()) {
            assignment::find(text.as_bytes(), at..at + hot.len(), &mut |named| {
                let verdict = rate(text.as_bytes(), &named);
                if best.is_err()
                    || verdict.is_ok_and(|v| best.is_ok_and(|b: Rated| v.confidence > b.confidence))
                {
                    best = verdict;
                }
            });
        }
    }
    best
}

#[test]
fn every_feature_has_a_weight_and_every_weight_a_feature() {
    let rows: Vec<&str> = DATA.lines().skip(1).filter_map(|l| l.split('\t').next()).collect();
    assert_eq!(rows, FEATURES);
    assert!(DATA.lines().skip(1).all(|l| l.split('\t').nth(1).is_some_and(|w| w.parse::<f32>().is_ok())));
}

#[test]
fn what_is_a_secret_is_so_at_medium() {
    for text in [
        "password = \"{alnum:10}!\"",
        "DB_PASSWORD={alnum:12}",
        "  password: {lower:5}{digits:4}",
        "client_secret = '{uuid}'",
        "api_key: \"{alnum:32}\"",
    ] {
        let rated = best(text).unwrap();
        assert!(rated.confidence >= 50 && rated.only_low.is_none(), "{text}: {rated:?}");
    }
}

#[test]
fn what_is_none_is_refused_with_a_reason() {
    for (text, why) in [
        ("password = getPassword()", "call"),
        ("x {\n    password: &hex!(\"000102030405060708090a0b\"),\n}", "call"),
        ("password = \"${X}\"", "filled in"),
        ("password = \"********\"", "no letters"),
        ("token = \"1.2.3\"", "version"),
        ("password = \"$2y$10${alnum:53}\"", "hash"),
        ("password: string,", "type"),
        ("secret = \"https://host.tld/path\"", "address"),
        ("password_hint = \"{alnum:12}\"", "something about a secret"),
        ("\"password\": \"Contrase\\u00f1a\"", "another language"),
        ("secret = \"\\\\x1b[0m\"", "terminal"),
        ("password: \"Nytt l\\xF6senord\"", "another language"),
        ("token = \"\\U0001f9c2\"", "another language"),
        ("auth_token = []byte(\"1.3.6.1.5.5.7.3.1\\x00\")", "version"),
        ("'password' => 'required|min:6',", "rule"),
        ("password-chg\t586/tcp", "port"),
        ("mkpassphrase\t1.0.1.post0", "version"),
        ("password=\"0.1a3\"", "version"),
        ("auth_token = \"403 Forbidden\"", "status"),
        ("password=\\fR\\fIpassword\\fR\n", "fonts"),
        ("{ \"PW\", \"Balaaw\" },", "country"),
        ("#define OBJ_userPassword  OBJ_X509,35L\n", "code"),
        ("TOKEN = r\"[!#$%&*+.^0-9A-Za-z]{1,}\"", "regular expression"),
        ("<map Token=\"b77a5c561934e089\" PublicKey=\"0024\"/>", "public key"),
    ] {
        let refused = best(text).unwrap_err();
        assert!(refused.contains(why), "{text}: {refused}");
    }
}

#[test]
fn what_stands_around_a_value_says_what_it_is_instead() {
    for (text, why) in [
        ("ac_pwd=`pwd` && test -n \"$ac_pwd\" &&", "command"),
        ("  #define LOCKED_PASSWD_STRING \"*LK*\"", "stands for another"),
        ("copy_id21_to_sam_passwd(\"INFO_11\", to, &i);", "constant"),
        ("The --passwd argument specifies whether", "sentence"),
        (" * Characters used when generating a password: consonants\n", "sentence"),
        ("  $newPassword: String!\n", "type"),
        ("  token = web.issue_web_auth_token(\"operator\", remember=True)", "gives a secret"),
        ("connection-password=\"connection-password.positive06.pmf0\"", "its own name"),
        (
            "args=\"--dbname=database_default --dbpass=database_password --dbuser=database_username\"",
            "beside it",
        ),
        ("@proxy(ip='ssh_server_ip', user='ssh_user', passwd='ssh_pass')", "beside it"),
        ("AC_PASSWORD = 'urn:oasis:names:tc:SAML:2.0:ac:classes:Password'", "standard"),
        ("{password:\"PasswordWidget\",email:\"EmailWidget\"}", "its own name"),
        ("pass.set(\"usedFragment\", true);", "name of something"),
        ("    passwd: &[u8],\n", "type"),
        ("x = `/v1/authTokens:generate`", "path"),
        ("- Renamed `list_secrets` to `list_properties_of_secrets`", "sentence"),
    ] {
        let refused = best(text).unwrap_err();
        assert!(refused.contains(why), "{text}: {refused}");
    }
    // What is like these, and somebody's.
    for text in [
        "const password=`kxqwzjvb`",
        "user.set_password(\"INFO11x\")",
        "mysql --password kxqwzj -h db",
        "the password: kxqwzj\n",
        "hash = hash_password(\"letmein\")",
        "db='test_db', user='test_user', password='test_pass'",
    ] {
        let rated = best(text);
        assert!(rated.is_ok_and(|r| r.confidence >= WORTH_A_REPORT), "{text}: {rated:?}");
    }
}

#[test]
fn what_stands_behind_a_module_of_tests_in_another_file_is_no_test() {
    let rated = best("#[cfg(test)]\nmod tests;\n\nconst PASSWORD: &str = \"{alnum:12}\";\n").unwrap();
    assert!(rated.confidence >= 50 && rated.only_low.is_none(), "{rated:?}");
}

#[test]
fn what_everybody_knows_or_a_document_shows_is_a_hint() {
    for text in [
        "password = \"changeit\"",
        "password = \"letmein\"",
        "DEFAULT_PASSWORD = \"{alnum:9}\"",
        "# password: {alnum:9}",
        ">>> login(password=\"{alnum:9}\")",
        "def f():\n    \"\"\"Logs in.\n\n    password = \"{alnum:9}\"\n",
        "/* password = \"{alnum:9}\" */",
        "#[cfg(test)]\nmod tests {\n    let password = \"{alnum:9}\";\n",
        "#[cfg(test)]\nmod key_checks {\n    let password = \"{alnum:9}\";\n",
        "INSERT INTO users (password) VALUES ('{hex:32}')",
        "secret = \"{alnum:6}\"",
    ] {
        let rated = best(text).unwrap();
        assert!(rated.confidence < 50 || rated.only_low.is_some(), "{text}: {rated:?}");
    }
    for text in [
        "db = connect(user='root', password='password')",
        "login(password: 'password', username: \"admin\")",
        "let c = Config::new().user(\"root\").with_password(\"password\");",
        "session.setPassword(\"test\")",
        "jwt_secret = 'secret'",
        "clientSecret: 'some_secret',",
        "user='user', password='password'",
        ".secret_access_key(\"secret\")",
        "config.with_password(\"bar\")",
        "secret: 'keyboard cat'",
        "MARIADB_PASSWORD: sea\n",
        "salt = b\"mysalt\"",
    ] {
        let rated = best(text);
        assert!(
            rated
                .is_ok_and(|r| r.confidence >= WORTH_A_REPORT && (r.confidence < 50 || r.only_low.is_some())),
            "{text}: {rated:?}"
        );
    }
    for text in [
        "password = 'password'",
        "username='username', password='password'",
        "get(\"password\")",
        "\"client_secret\": \"secret\"",
        "CLIENT_SECRET = \"secret\"",
        "secret_key = 'secret_key'",
        "Form::password(\"password\")",
        "clientSecret: 'your-secret'",
        "REFRESH_TOKEN = 'refresh_token'",
        ".password(\"PASSWORD\")",
    ] {
        let rated = best(text);
        assert!(!rated.is_ok_and(|r| r.confidence >= WORTH_A_REPORT), "{text}: {rated:?}");
    }
    let after = "def f():\n    \"\"\"Logs in.\"\"\"\n    password = \"{alnum:9}!\"\n";
    assert_eq!(best(after).unwrap().only_low, None);
}

#[test]
fn letters_in_no_order_are_worth_a_hint_under_any_name_of_a_secret() {
    for text in [
        "spring.datasource.password=4821\n",
        "token: kxqwzjvb\n",
        "export TOKEN=kxqw-zjvb\n",
        "https://host/path?token=kxqwzjvb\n",
        "assert token == \"kxqwzjvb\"",
        "PASS=kxqwzj\n",
        "API_SECRET=48213377\n",
        "'password_confirmation' => 'kxqwzj',",
        "password_field.send_keys(\"kxqwzj12\")",
        "the default password is `kxqwzj`",
        "  token 'kxqwzjvb'\n",
    ] {
        let rated = best(text);
        assert!(rated.is_ok_and(|r| r.confidence >= WORTH_A_REPORT), "{text}: {rated:?}");
    }
    for text in [
        "max_password_length: 1024\n",
        "token: ctx\n",
        "token=identifier\n",
        "passes: 1200\n",
        "assert token == \"lparen\"",
        "'password_confirmation' => 'Confirm password',",
        "confirmPassword: 'Passwords do not match',",
        "the default password is `empty`",
        "password = \"YourSecurePassword123!\"",
        "ACCESS_TOKEN=\"pst_xxxx::TOKENKEY\"",
        "[Token(Token = \"0x2000083\")]",
        "Authorization: Bearer token\n",
        "randomSeed: \"clouds-v1\"",
    ] {
        let rated = best(text);
        assert!(!rated.is_ok_and(|r| r.confidence >= WORTH_A_REPORT), "{text}: {rated:?}");
    }
}

#[test]
fn what_stands_around_says_that_it_is_no_secret() {
    for text in [
        "Bytes used per pass: 931467\n",
        "\"user: %zu/%u, pass: %zu/%u, db: %zu/%u\"",
        "struct db_password *pw = *a[slot].u.p;\n",
        "    pass => undef,\n",
        " * @password: 0-to-256-unicode-char Password (IN; ASCII)\n",
        "#~ msgstr \"Um es zu tun, muss die Option --token angegeben werden.\"\n",
        "  password: String!\n",
        "  - name: registry\n    secret: kolla_quay_creds_jan_2026\n",
        "'passwd: files\\ngroup: files'",
        "EnableCachingPassword=Vorhalten des Kennworts aktivieren\n",
        "\"ssl_passphrase.passphrase = '$rot13pass'\"",
        "'auth': 'cephx',",
        "var debug = debug2(\"pw:webserver\");",
        "libsodium_la-auth.lo: crypto_secretbox/secretbox.c\n",
        "type DepthPrePass = 'initialize' | 'reset' | 'geometry';",
        "v2Token = \"v2Token\"",
        "    EVP_TOKEN_INFO *t0inf;\n",
    ] {
        let rated = best(text);
        assert!(!rated.is_ok_and(|r| r.confidence >= WORTH_A_REPORT), "{text}: {rated:?}");
    }
    for text in [
        "  secret: s3cr3t_k3y_91\n",
        "PASSWORD={alnum:9} make test\n",
        "password = \"%zX9{alnum:6}\"",
        "password = \"$aB{alnum:8}\"",
    ] {
        let rated = best(text);
        assert!(rated.is_ok_and(|r| r.confidence >= WORTH_A_REPORT), "{text}: {rated:?}");
    }
}
