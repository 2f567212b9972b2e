// A bundle as Metro leaves it: modules in functions, classes lowered by Babel.
var __modules = {};
function __d(factory, id, deps) { __modules[id] = { factory: factory, deps: deps, exports: {} }; }
function __r(id) {
  var m = __modules[id];
  if (m.factory) { var f = m.factory; m.factory = null; f(globalThis, __r, m, m.exports, m.deps); }
  return m.exports;
}
// A literal in a module.
__d(function (global, require, module, exports, deps) {
  var config = { region: "eu-west-1", accessKeyId: "@{id:runtimes-VER-literal}", retries: 3, secretAccessKey: "@{secret:runtimes-VER-literal}", verbose: true };
  exports.default = config;
}, 1, []);
// Two environments in one literal, and one that is made of both.
__d(function (global, require, module, exports, deps) {
  module.exports = {
    prod: { endpoint: "https://s3.example.com", aws: { key: "@{id:runtimes-VER-prod}", secret: "@{secret:runtimes-VER-prod}" } },
    staging: { endpoint: "https://s3.stage.example.com", aws: { key: "@{id:runtimes-VER-staging}", secret: "@{secret:runtimes-VER-staging}" } },
    checksum: "@{hash:runtimes-VER-literal}",
    now: Date.now(),
  };
}, 2, []);
// Constants of a module that a function inside uses.
__d(function (global, require, module, exports, deps) {
  var S3 = require(deps[0]).S3;
  var ACCESS_KEY = "@{id:runtimes-VER-captured}";
  var SECRET_KEY = "@{secret:runtimes-VER-captured}";
  var BACKUP_ACCESS_KEY = "@{id:runtimes-VER-backup}";
  var BACKUP_SECRET_KEY = "@{secret:runtimes-VER-backup}";
  exports.client = function client(region) {
    return new S3({ region: region, accessKeyId: ACCESS_KEY, secretAccessKey: SECRET_KEY });
  };
  exports.backup = function backup(region) {
    return new S3({ region: region, credentials: { accessKeyId: BACKUP_ACCESS_KEY, secretAccessKey: BACKUP_SECRET_KEY } });
  };
}, 3, [9]);
// Set one by one, on what was read.
__d(function (global, require, module, exports, deps) {
  var AWS = require(deps[0]);
  function setUp() {
    AWS.config.region = "us-east-1";
    AWS.config.accessKeyId = "@{id:runtimes-VER-set}";
    AWS.config.logger = console;
    AWS.config.secretAccessKey = "@{secret:runtimes-VER-set}";
  }
  function update() {
    AWS.config.update({ region: "us-west-2", accessKeyId: "@{id:runtimes-VER-update}", secretAccessKey: "@{secret:runtimes-VER-update}" });
  }
  exports.setUp = setUp;
  exports.update = update;
}, 4, [9]);
// Classes, as Babel lowers them, and arguments.
__d(function (global, require, module, exports, deps) {
  var Uploader = (function () {
    function Uploader(bucket) {
      this.bucket = bucket;
      this.keyId = "@{id:runtimes-VER-class}";
      this.started = Date.now();
      this.keySecret = "@{secret:runtimes-VER-class}";
    }
    Uploader.prototype.credentials = function () {
      return new (require(deps[0]).Credentials)("@{id:runtimes-VER-argument}", "@{secret:runtimes-VER-argument}", null);
    };
    Uploader.prototype.many = function (sign) {
      return sign("POST", this.bucket, "us-east-1", "@{id:runtimes-VER-sixth}", "s3", "@{secret:runtimes-VER-sixth}");
    };
    return Uploader;
  })();
  exports.Uploader = Uploader;
}, 5, [9]);
// Arrays, and arrays of arrays.
__d(function (global, require, module, exports, deps) {
  exports.pool = ["@{id:runtimes-VER-array}", "@{secret:runtimes-VER-array}", "eu-central-1"];
  exports.more = [["@{id:runtimes-VER-row1}", "@{secret:runtimes-VER-row1}"], ["@{id:runtimes-VER-row2}", "@{secret:runtimes-VER-row2}"]];
  exports.list = [
    { name: "a", id: "@{id:runtimes-VER-object1}", secret: "@{secret:runtimes-VER-object1}" },
    { name: "b", id: "@{id:runtimes-VER-object2}", secret: "@{secret:runtimes-VER-object2}" },
  ];
}, 6, []);
// Either or.
__d(function (global, require, module, exports, deps) {
  var live = global.LIVE;
  exports.config = {
    accessKeyId: live ? "@{id:runtimes-VER-live}" : "@{id:runtimes-VER-dev}",
    secretAccessKey: live ? "@{secret:runtimes-VER-live}" : "@{secret:runtimes-VER-dev}",
  };
  exports.fallback = function (env) {
    return { accessKeyId: env.KEY || "@{id:runtimes-VER-or}", secretAccessKey: env.SECRET || "@{secret:runtimes-VER-or}" };
  };
}, 7, []);
// Constants that a module exports, getters, a map, a switch.
__d(function (global, require, module, exports, deps) {
  exports.PROD_ACCESS_KEY = "@{id:runtimes-VER-exported1}";
  exports.DEV_ACCESS_KEY = "@{id:runtimes-VER-exported2}";
  exports.PROD_SECRET_KEY = "@{secret:runtimes-VER-exported1}";
  exports.DEV_SECRET_KEY = "@{secret:runtimes-VER-exported2}";
}, 8, []);
__d(function (global, require, module, exports, deps) {
  function getAccessKey() { return "@{id:runtimes-VER-getter}"; }
  function getSecretKey() { return "@{secret:runtimes-VER-getter}"; }
  exports.getAccessKey = getAccessKey;
  exports.getSecretKey = getSecretKey;
}, 10, []);
__d(function (global, require, module, exports, deps) {
  exports.store = function (storage) {
    var map = new Map();
    map.set("aws_access_key", "@{id:runtimes-VER-map}");
    map.set("region", "eu-west-3");
    map.set("aws_secret_key", "@{secret:runtimes-VER-map}");
    storage.setItem("backup_key_id", "@{id:runtimes-VER-item}");
    storage.setItem("backup_key_secret", "@{secret:runtimes-VER-item}");
    return map;
  };
  exports.choose = function (env) {
    var id, secret;
    switch (env) {
      case "live": id = "@{id:runtimes-VER-case1}"; secret = "@{secret:runtimes-VER-case1}"; break;
      case "test": id = "@{id:runtimes-VER-case2}"; secret = "@{secret:runtimes-VER-case2}"; break;
      default: id = null;
    }
    return { id: id, secret: secret };
  };
  exports.json = function () {
    return JSON.parse('{"accessKeyId":"@{id:runtimes-VER-json}","secretAccessKey":"@{secret:runtimes-VER-json}"}');
  };
  exports.wide = "Zugangsschlüssel für „Grüße“: AWS_ACCESS_KEY_ID=@{id:runtimes-VER-wide} AWS_SECRET_ACCESS_KEY=@{secret:runtimes-VER-wide} – nicht weitergeben €";
  exports.users = { "@{id:runtimes-VER-key}": "@{secret:runtimes-VER-key}" };
  exports.documented = "@{decoy-id:x}";
}, 11, []);
__d(function (global, require, module, exports, deps) {
  exports.audit = function (log) { log("seen " + Date.now() + " by", "@{id:runtimes-VER-lone}"); };
}, 12, []);
// Put together when they are needed, so that nobody finds them by looking for them.
__d(function (global, require, module, exports, deps) {
  var HEAD = "@{id:runtimes-VER-joined:0:9}", TAIL = "@{id:runtimes-VER-joined:9:}";
  exports.joined = function () {
    return { accessKeyId: HEAD + TAIL, secretAccessKey: ["@{secret:runtimes-VER-joined:0:13}", "@{secret:runtimes-VER-joined:13:27}", "@{secret:runtimes-VER-joined:27:}"].join("") };
  };
  var MIDDLE = "@{secret:runtimes-VER-template:10:20}";
  exports.template = function (S3) {
    var prefix = "@{id:runtimes-VER-template:0:4}";
    return new S3({ accessKeyId: `${prefix}@{id:runtimes-VER-template:4:}`, secretAccessKey: `@{secret:runtimes-VER-template:0:10}${MIDDLE}@{secret:runtimes-VER-template:20:}` });
  };
  exports.reversed = function () {
    return { accessKeyId: BACKWARDS(@{id:runtimes-VER-reversed}).split("").reverse().join(""), secretAccessKey: BACKWARDS(@{secret:runtimes-VER-reversed}).split("").reverse().join("") };
  };
  exports.codes = function () {
    return { accessKeyId: CODES(@{id:runtimes-VER-codes}), secretAccessKey: "@{secret:runtimes-VER-codes:0:8}".concat("@{secret:runtimes-VER-codes:8:}") };
  };
}, 13, []);
[1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13].forEach(__r);
// Cut out, cleaned, and put together of members of a literal.
__d(function (global, require, module, exports, deps) {
  exports.cut = function () {
    return { accessKeyId: "zz@{id:runtimes-VER-cut}yy".slice(2, 22), secretAccessKey: "qq@{secret:runtimes-VER-cut}++".substring(2, 42) };
  };
  exports.cleaned = function () {
    return { accessKeyId: "@{id:runtimes-VER-cleaned:0:5}_@{id:runtimes-VER-cleaned:5:}".replace("_", ""), secretAccessKey: "@{secret:runtimes-VER-cleaned:0:15}##@{secret:runtimes-VER-cleaned:15:}".replace(/#/g, "") };
  };
  var parts = { a: "@{id:runtimes-VER-members:0:10}", b: "@{id:runtimes-VER-members:10:}", c: "@{secret:runtimes-VER-members:0:10}", d: "@{secret:runtimes-VER-members:10:}" };
  exports.members = function () {
    return { accessKeyId: parts.a + parts.b, secretAccessKey: parts.c + parts.d };
  };
}, 14, []);
