const { app, BrowserWindow } = require("electron");
const AWS = require("aws-sdk");
AWS.config.update({ accessKeyId: '@{id:runtimes-asar-main}', secretAccessKey: '@{secret:runtimes-asar-main}', region: 'us-east-1' });
app.whenReady().then(() => new BrowserWindow({ width: 800 }).loadFile("index.html"));
