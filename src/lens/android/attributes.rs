//! Attributes of the framework by their resource ids: obfuscators empty their names in binary XML,
//! because the runtime goes by the id (`aapt2 dump resources framework-res.apk`).

/// Of `resource`, the name without its prefix.
#[rustfmt::skip]
pub(super) fn framework(resource: u32) -> Option<&'static str> {
    Some(match resource {
        0x0101_0001 => "label", 0x0101_0003 => "name", 0x0101_0006 => "permission",
        0x0101_0007 => "readPermission", 0x0101_0008 => "writePermission",
        0x0101_000b => "sharedUserId", 0x0101_0011 => "process", 0x0101_0012 => "taskAffinity",
        0x0101_0018 => "authorities", 0x0101_0020 => "description", 0x0101_0021 => "targetPackage",
        0x0101_0024 => "value", 0x0101_0025 => "resource", 0x0101_0026 => "mimeType",
        0x0101_0027 => "scheme", 0x0101_0028 => "host", 0x0101_0029 => "port", 0x0101_002a => "path",
        0x0101_002b => "pathPrefix", 0x0101_002c => "pathPattern", 0x0101_002d => "action",
        0x0101_002e => "data", 0x0101_002f => "targetClass", 0x0101_00b2 => "entries",
        0x0101_00d0 => "id", 0x0101_00d1 => "tag", 0x0101_014f => "text", 0x0101_0150 => "hint",
        0x0101_015c => "password", 0x0101_0166 => "digits", 0x0101_017b => "prompt",
        0x0101_01d6 => "searchSuggestAuthority", 0x0101_01e1 => "title", 0x0101_01e8 => "key",
        0x0101_01e9 => "summary", 0x0101_01ec => "dependency", 0x0101_01ed => "defaultValue",
        0x0101_01f2 => "dialogTitle", 0x0101_01f3 => "dialogMessage", 0x0101_01f8 => "entryValues",
        0x0101_0211 => "apiKey", 0x0101_021c => "versionName", 0x0101_0220 => "inputType",
        0x0101_0225 => "settingsActivity", 0x0101_0273 => "contentDescription",
        0x0101_027f => "backupAgent", 0x0101_028f => "accountType", 0x0101_02de => "valueFrom",
        0x0101_02df => "valueTo", 0x0101_02e3 => "fragment", 0x0101_0381 => "packageNames",
        0x0101_03e3 => "ssp", 0x0101_0493 => "restrictionType",
        _ => return None,
    })
}
