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

/// What stands below or beside the first `password` of a table.
pub(super) fn below_password(text: &str) -> Vec<String> {
    let at = text.find("passw").unwrap();
    let mut all = Vec::new();
    find(text.as_bytes(), at..at + 5, &mut |named| all.push(text[named.value].to_owned()));
    all
}

#[test]
fn directives_have_a_value_without_an_operator() {
    for text in ["  auth_pass V4lue!\n", "requirepass V4lue!\n"] {
        assert_eq!(values(text, "pass"), [("V4lue!".to_owned(), Form::Word)], "{text}");
    }
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
        (r#"password?: string = "V4lue!""#, Form::Assign),
        (r#"getElementById("password").value = "V4lue!";"#, Form::Assign),
        (r#"when(repo.getPassword()).thenReturn("V4lue!");"#, Form::Assign),
        (r#"$cfg{password} = "V4lue!";"#, Form::Assign),
        (r#"$self->{password} = 'V4lue!';"#, Form::Assign),
        (r#"password = QStringLiteral("V4lue!")"#, Form::Assign),
        (r#"is_expected.to contain_config('x/password').with_value('V4lue!')"#, Form::Assign),
        ("<name>db.password</name><value>V4lue!</value>", Form::Element),
        ("<param-name>password</param-name>\n  <param-value>V4lue!</param-value>", Form::Element),
        (
            "<env-entry-name>password</env-entry-name>\n<env-entry-type>String</env-entry-type>\n<env-entry-value>V4lue!</env-entry-value>",
            Form::Element,
        ),
        ("<key>Password</key>\n<string>V4lue!</string>", Form::Element),
        (r#"$this->assertEquals('V4lue!', $x->password);"#, Form::Compare),
        (r#"is($x->password, 'V4lue!', 'as set');"#, Form::Compare),
        (r#"String getPassword() { return "V4lue!"; }"#, Form::Assign),
        ("func password() string {\n\treturn \"V4lue!\"\n}", Form::Assign),
        (r#"string Password() => "V4lue!";"#, Form::Assign),
        ("expect \"password:\"\nsend \"V4lue!\\r\"", Form::Call),
        ("child.expect('password: ')\nchild.sendline('V4lue!')", Form::Call),
        (r#"  "*password: *" { send -- "V4lue!\r" }"#, Form::Call),
        (r#"assert.Equal(t, "V4lue!", cfg.Password)"#, Form::Compare),
        (r#"- { name: db_password, value: V4lue! }"#, Form::Sibling),
        (r#"- {name: DB_PASSWORD, value: "V4lue!"}"#, Form::Sibling),
        (r#"<Password Value="V4lue!"/>"#, Form::Sibling),
        (r#"<setting name="Password" serializeAs="String"><value>V4lue!</value></setting>"#, Form::Element),
        ("Input Password    id=field    V4lue!\n", Form::Word),
        ("Fill Text    id=password    V4lue!\n", Form::Word),
        (r#"add_option("-p", "--password", default="V4lue!")"#, Form::Sibling),
        (r#""password": "V4lue!""#, Form::Pair),
        (r#"\"password\":\"V4lue!\""#, Form::Pair),
        (r#":password => "V4lue!""#, Form::Pair),
        (r#"'password' => 'V4lue!'"#, Form::Pair),
        (r#"password == "V4lue!""#, Form::Compare),
        (r#"strcmp(password, "V4lue!")"#, Form::Compare),
        (r#"put("password", "V4lue!")"#, Form::Pair),
        (r#"check("password", "V4lue!")"#, Form::Argument),
        (r#"{password, "V4lue!"}"#, Form::Argument),
        (r#"setPassword("V4lue!")"#, Form::Call),
        (r#"set_password("user", "V4lue!")"#, Form::Login),
        (r#"std::string password{"V4lue!"};"#, Form::Call),
        (r#"std::string password("V4lue!");"#, Form::Assign),
        (r#"EXPECT_EQ("V4lue!", config.password());"#, Form::Compare),
        (r#"EXPECT_STREQ(config.password, "V4lue!");"#, Form::Compare),
        (r#"assertThat(user.getPassword(), is("V4lue!"));"#, Form::Compare),
        (r#"assert_eq!(host.password.as_deref(), Some("V4lue!"));"#, Form::Compare),
        (r#"patch("app.get_password", return_value="V4lue!")"#, Form::Sibling),
        ("run=(-e DB_PASSWORD=V4lue! -e B=c)", Form::Environment),
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
    assert_eq!(values(r#"auth = ("user", "V4lue!")"#, "auth"), [("V4lue!".to_owned(), Form::Login)]);
    assert_eq!(values(r#"auth = ["user", "V4lue!"]"#, "auth"), [("V4lue!".to_owned(), Form::Item)]);
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

#[test]
fn forms_of_code_around_a_name() {
    for (text, form) in [
        (r#"public string Password { get; set; } = "V4lue!";"#, Form::Assign),
        ("let(:password) { 'V4lue!' }", Form::Assign),
        ("let(:password) do\n  'V4lue!'\nend", Form::Assign),
        ("password { 'V4lue!' }", Form::Call),
        (r#"assertThat(user.getPassword()).isEqualTo("V4lue!");"#, Form::Compare),
        (r#"if (user.getPassword().equals("V4lue!")) {"#, Form::Compare),
        ("expect(password).toBe('V4lue!')", Form::Compare),
        (r#"strcpy(cfg.password, "V4lue!");"#, Form::Compare),
        (r#"find(By.id("password")).sendKeys("V4lue!");"#, Form::Call),
        ("cy.get('#password').clear().type('V4lue!')", Form::Call),
        ("page.fill('input[name=\"password\"]', 'V4lue!')", Form::Call),
        ("cy.get('input[name=password]').type('V4lue!')", Form::Call),
        ("fill_in 'Password', with: 'V4lue!'", Form::Sibling),
        ("fill_in 'Password', :with => 'V4lue!'", Form::Sibling),
        (r#"env.put(Context.PASSWORD, "V4lue!");"#, Form::Pair),
        (r#"ds.setPassword(getProperty("x", "V4lue!"))"#, Form::Default),
        (r#"<property name="password"><value>V4lue!</value></property>"#, Form::Element),
        ("DBPassword:\n    Type: String\n    Default: V4lue!\n", Form::Sibling),
        (r#""Password": { "Type": "String", "Default": "V4lue!" }"#, Form::Sibling),
        ("<password encoding=\"plain\">V4lue!</password>", Form::Element),
        ("password: &pw V4lue!", Form::Yaml),
        ("kubectl create secret generic x --from-literal=password=V4lue!", Form::Environment),
        ("IDENTIFIED WITH caching_sha2_password BY 'V4lue!'", Form::Clause),
        ("INSERT INTO users (name, password) VALUES ('x', 'V4lue!');", Form::Clause),
        ("INSERT INTO `users` (`password`, `name`) VALUES\n('a', 'b'),\n('V4lue!', 'c');", Form::Clause),
        ("$q = \"insert into t (id, password) values (now(), 'V4lue!')\";", Form::Clause),
    ] {
        let found = values(text, "password");
        assert!(found.contains(&("V4lue!".to_owned(), form)), "{text}: {found:?}");
    }
}

#[test]
fn values_before_their_names_and_beside_them() {
    for (text, form) in [
        (r#"defaults.set("V4lue!", forKey: "password")"#, Form::Sibling),
        (r#"[r setValue:@"V4lue!" forHTTPHeaderField:@"X-Password"];"#, Form::Sibling),
        (r#"if ("V4lue!".equals(password)) {"#, Form::Compare),
        (r#"assertEquals("V4lue!", cfg.getPassword());"#, Form::Compare),
        (r#"XCTAssertEqual(keychain.get("password"), "V4lue!")"#, Form::Compare),
        ("enterText(find.byKey(const Key('password')), 'V4lue!')", Form::Compare),
        ("userEvent.type(getByLabelText(/password/i), 'V4lue!')", Form::Compare),
        ("fireEvent.change(getByLabelText(/password/i), { target: { value: 'V4lue!' } })", Form::Compare),
        (r#"{ "name": "password", "value": "V4lue!" }"#, Form::Sibling),
        (r#"setField(x, "password", "V4lue!");"#, Form::Argument),
        (r#"{ "Db:Password", "V4lue!" }"#, Form::Argument),
        (r#"Map("password" -> "V4lue!")"#, Form::Pair),
        (r#"mapOf("password" to "V4lue!")"#, Form::Pair),
        (r#"When I fill in "Password" with "V4lue!""#, Form::Sibling),
        (r#"when(x.get("password")).thenReturn("V4lue!");"#, Form::Assign),
        ("expect(user.password).to eq('V4lue!')", Form::Compare),
        ("password: ${DB_PASSWORD:V4lue!}", Form::Default),
        ("${PASSWORD}    V4lue!", Form::Word),
        ("set :password, 'V4lue!'", Form::Assign),
        ("user `admin` and the password `V4lue!`.", Form::Prose),
        ("Temporary password for root@localhost: 'V4lue!'", Form::Prose),
        (r#"<wsse:Password Type="x">V4lue!</wsse:Password>"#, Form::Element),
        ("<key>Password</key>\n<string>V4lue!</string>", Form::Element),
        (r#"x -Password (ConvertTo-SecureString "V4lue!" -AsPlainText)"#, Form::Assign),
        (r#"Set-Item -Name Password -Value "V4lue!""#, Form::Flag),
        ("password VARCHAR2(9) := 'V4lue!';", Form::Assign),
        (r#"user.setPassword(encoder().encode("V4lue!"));"#, Form::Call),
        (r#"const PASSWORD: &[u8; 6] = b"V4lue!";"#, Form::Assign),
        (r#"let password = option_env!("X").unwrap_or("V4lue!");"#, Form::Default),
        (r#"let password = var("X").unwrap_or_else(|_| "V4lue!".into());"#, Form::Default),
        (r#"withUser("u").password("{noop}V4lue!")"#, Form::Call),
    ] {
        let found = values(text, "password");
        assert!(found.contains(&("V4lue!".to_owned(), form)), "{text}: {found:?}");
    }
    for text in [
        r#"UserDefaults.standard.string(forKey: "password")"#,
        r#"if (name.equals(password)) {"#,
        r#"log("Password", x, "password", 3)"#,
        "password: ${DB_PASSWORD:?must be set}",
        "the `password` of the user",
        "see docs/password/reset.md",
    ] {
        let found = values(text, "password");
        assert!(
            found.iter().all(|(value, _)| value.contains('$') || value == "Password"),
            "{text}: {found:?}"
        );
    }
}

#[test]
fn of_a_user_and_a_password_the_second_is_told() {
    for text in
        ["login/password: joe / V4lue", "user/password: `joe`/`V4lue`.", "(login/password: joe/V4lue)"]
    {
        assert_eq!(values(text, "password"), [("V4lue".to_owned(), Form::Prose)], "{text}");
    }
}

#[test]
fn what_only_looks_like_a_form() {
    for text in [
        "__('Password', 'shop')",
        "show ? 'password' : 'text'",
        "$password{'name'}{'other'}",
        "$('#password').attr('type', 'text')",
        "SELECT a, password FROM t WHERE b IN ('x', 'y')",
        "\"a=password\",\n\"next line\"",
        "values (password) ('x')",
    ] {
        assert_eq!(values(text, "password"), [], "{text}");
    }
}

/// What is given to the call at the end of `call` in `text`.
fn given(text: &str, call: &str) -> Vec<String> {
    let mut all = Vec::new();
    let at = text.find(call).expect("the call is in the text");
    find_call(text.as_bytes(), at..at + call.len(), &mut |n| all.push(text[n.value].to_owned()));
    all
}

#[test]
fn calls_take_passwords_by_place() {
    for (text, call) in [
        (r#"ftp.login("user", "V4lue!");"#, "login("),
        (r#"ftp.login(user, "V4lue!")"#, "login("),
        (r#"create_user('joe', 'joe@x.org', 'V4lue!')"#, "create_user("),
        (r#"userManager.CreateAsync(user, "V4lue!");"#, "CreateAsync("),
        (r#"client.connect("id", "user", "V4lue!")"#, "client.connect("),
        (r#".basic_auth("user", Some("V4lue!"))"#, "basic_auth("),
        (r#"check_password('V4lue!')"#, "check_password("),
        (r#"hashpw(b"V4lue!", salt)"#, "hashpw("),
        (
            r#"login("user",
               "V4lue!".toCharArray())"#,
            "login(",
        ),
    ] {
        assert_eq!(given(text, call), ["V4lue!"], "{text}");
    }
    for (text, call) in [
        ("login(user, password)", "login("),
        (r#"x.onLogin(ok, "V4lue!")"#, "Login("),
        ("login('user')", "login("),
        ("login({name: 'x', word: 'y'})", "login("),
        ("client.connect(a, b, 'x')", "client.connect("),
        ("login(\"a\", \"b\" + c)", "login("),
        ("create_user('x')", "create_user("),
    ] {
        assert_eq!(given(text, call), [""; 0], "{text}");
    }
}

#[test]
fn calls_are_hot_words_and_the_other_way_round() {
    let rows = include_str!("../../../patterns/data/calls.tsv").lines().skip(1);
    let mut calls: Vec<String> = rows.filter_map(|l| l.split('\t').next()).map(|c| format!("{c}(")).collect();
    let toml = include_str!("../../../patterns/generic.toml");
    let mut words: Vec<String> =
        toml.split('"').filter(|w| w.ends_with('(') && !w.contains(' ')).map(str::to_owned).collect();
    calls.sort();
    words.sort();
    assert_eq!(calls, words);
}

#[test]
fn a_token_stands_behind_its_scheme() {
    for text in [
        r#"request.header("Authorization", "Bearer V4lue")"#,
        r#"headers = {"Authorization": "Token V4lue"}"#,
        "curl -H \"Authorization: Bearer V4lue\" http://host",
        "Authorization: Bearer V4lue\n",
    ] {
        let all = values(text, "auth");
        assert!(all.iter().any(|(value, _)| value == "V4lue"), "{text}: {all:?}");
    }
    assert_eq!(values("password = \"Bearer V4lue\"", "passw")[0].0, "Bearer V4lue");
}

#[test]
fn a_user_and_a_password_stand_behind_a_word_for_a_login() {
    assert_eq!(values("# Login: joe / V4lue!\n", "login"), [("V4lue!".to_owned(), Form::Login)]);
    assert_eq!(values("Login: `joe` / `V4lue!`\n", "login"), [("V4lue!".to_owned(), Form::Login)]);
    assert!(!values("Login: https://host / x\n", "login").iter().any(|(_, form)| *form == Form::Login));
}

#[test]
fn values_in_places_of_their_own() {
    for (text, form) in [
        ("crudini --set /etc/x.conf section password V4lue!\n", Form::Flag),
        ("git config --global user.password V4lue!\n", Form::Flag),
        ("mysqladmin -u root password V4lue!\n", Form::Flag),
        ("enable password V4lue!\n", Form::Word),
        (r#"["mysql", "--password", "V4lue!"]"#, Form::Flag),
        (r#"["--password", "V4lue!", "-v"]"#, Form::Flag),
        (r#"run("mysql", "--password", "V4lue!", "-v")"#, Form::Flag),
        ("password VARCHAR(20) NOT NULL DEFAULT 'V4lue!',", Form::Assign),
        (r#"{password, <<"V4lue!">>}."#, Form::Argument),
        ("ENV.fetch('DB_PASSWORD') { 'V4lue!' }", Form::Default),
        (r#"env::var("DB_PASSWORD").unwrap_or("V4lue!".into())"#, Form::Default),
        (r#"env::var("DB_PASSWORD").unwrap_or_else(|_| "V4lue!".to_string())"#, Form::Default),
        (r#"self.assertEqual("V4lue!", cfg["password"])"#, Form::Compare),
        (r#"assert ring.get_password("shop", "joe") == "V4lue!""#, Form::Compare),
        (r#"passwords = {"joe": "V4lue!"}"#, Form::Item),
        ("  password:\n    value: V4lue!\n", Form::Sibling),
    ] {
        let all = values(text, "passw");
        assert!(all.contains(&("V4lue!".to_owned(), form)), "{text}: {all:?}");
    }
    for text in [
        r#"add_option("--password", "V4lue!")"#,
        r#"["--password", "-v"]"#,
        r#"x ? password : "V4lue!""#,
        "in_array($value, array('password', 'V4lue!', 'select'))",
        "update passwd set name = 'V4lue!'",
        r#"interfaces = ("jid", "password", "V4lue!")"#,
        r#"keyring.get_password("V4lue!")"#,
        "  password:\n    other: x\n    value: V4lue!\n",
    ] {
        let all = values(text, "passw");
        assert!(!all.iter().any(|(value, _)| value == "V4lue!"), "{text}: {all:?}");
    }
}
