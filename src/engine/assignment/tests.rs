use super::*;

/// All values assigned to the name around `word`, with their forms.
fn values(text: &str, word: &str) -> Vec<(String, Form)> {
    let mut all = Vec::new();
    for at in memchr::memmem::find_iter(text.to_ascii_lowercase().as_bytes(), word.as_bytes()) {
        find(text.as_bytes(), at..at + word.len(), &mut |n| {
            all.push((text[n.value].to_owned(), n.form));
        });
    }
    all
}

#[test]
fn every_form_of_assignment() {
    for (text, form) in [
        (r#"password = "V4lue!""#, Form::Assign),
        (r#"password := "V4lue!""#, Form::Assign),
        (r#"let password: &str = "V4lue!";"#, Form::Assign),
        (r#"const password string = "V4lue!""#, Form::Assign),
        (r#"char password[16] = "V4lue!";"#, Form::Assign),
        (r#"password = new String("V4lue!")"#, Form::Assign),
        (r#"password = []byte("V4lue!")"#, Form::Assign),
        ("password =\n    \"V4lue!\"", Form::Assign),
        (r#""password": "V4lue!""#, Form::Pair),
        (r#"\"password\":\"V4lue!\""#, Form::Pair),
        (r#":password => "V4lue!""#, Form::Pair),
        (r#"'password' => 'V4lue!'"#, Form::Pair),
        (r#"password == "V4lue!""#, Form::Compare),
        (r#"strcmp(password, "V4lue!")"#, Form::Compare),
        (r#"put("password", "V4lue!")"#, Form::Argument),
        (r#"{password, "V4lue!"}"#, Form::Argument),
        (r#"setPassword("V4lue!")"#, Form::Call),
        (r#"set_password("user", "V4lue!")"#, Form::Call),
        (r#"std::string password{"V4lue!"};"#, Form::Call),
        ("<password>V4lue!</password>", Form::Element),
        ("<password><![CDATA[V4lue!]]></password>", Form::Element),
        (r#"<entry key="password">V4lue!</entry>"#, Form::Element),
        (r#"<add key="password" value="V4lue!"/>"#, Form::Sibling),
        ("- name: password\n  value: V4lue!", Form::Sibling),
        ("--password V4lue! --x", Form::Flag),
        ("ENV password V4lue!", Form::Word),
        (r#"password "V4lue!""#, Form::Word),
        (r#"password = os.getenv("X", "V4lue!")"#, Form::Default),
        (r#"password: process.env.X || "V4lue!","#, Form::Default),
        ("${password:-V4lue!}", Form::Default),
        (r#"passwords = ["V4lue!"]"#, Form::Item),
        ("password=V4lue!", Form::Environment),
        ("x;password=V4lue!;y=z", Form::Environment),
        ("password: V4lue! # note", Form::Yaml),
        ("password: |\n  V4lue!", Form::Yaml),
        ("password = V4lue!", Form::Setting),
        ("The password is V4lue!", Form::Prose),
    ] {
        let found = values(text, "password");
        let wanted = if form == Form::Prose { "V4lue" } else { "V4lue!" };
        assert!(found.contains(&(wanted.to_owned(), form)), "{text}: {found:?}");
    }
}

#[test]
fn where_nothing_is_assigned() {
    for text in [
        "the password of the user",
        "password)",
        "password.",
        r#""password""#,
        r#"["user", "password", "mail"]"#,
        r#"printf("password: ")"#,
        r#""password=" + x + "&y=""#,
        "password::new(\"x\")",
    ] {
        assert_eq!(values(text, "password"), [], "{text}");
    }
}

#[test]
fn of_two_in_brackets_the_second_is_the_secret() {
    assert_eq!(values(r#"auth = ("user", "V4lue!")"#, "auth"), [("V4lue!".to_owned(), Form::Item)]);
}

#[test]
fn no_text_is_too_strange() {
    let parts = [
        "password", "=", "\"", "'", "\\", "(", "[", "{", "<", ">", ":", ",", " ", "\n", "\r", "$", "&quot;",
        "-", "x", "é",
    ];
    let mut state = 7u64;
    for _ in 0..20_000 {
        let mut text = String::new();
        for _ in 0..12 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            text.push_str(parts[(state >> 33) as usize % parts.len()]);
        }
        for at in memchr::memmem::find_iter(text.as_bytes(), b"password") {
            find(text.as_bytes(), at..at + 8, &mut |n| {
                assert!(n.value.end <= text.len() && n.value.start < n.value.end);
                let _ = crate::triage::score::rate(text.as_bytes(), &n);
            });
        }
    }
}
