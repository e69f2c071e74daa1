// Keeps for the next start, in the file that CODE_CACHE names, what V8 has compiled of the
// CloudBase CLI: it is 32 MB of JavaScript, and compiling it is half of a start.
"use strict";
const fs = require("node:fs"), { Module } = require("node:module"), path = require("node:path"), vm = require("node:vm");

const file = process.env.CODE_CACHE, compile = Module.prototype._compile;
const loader = vm.constants?.USE_MAIN_CONTEXT_DEFAULT_LOADER; // which older versions of Node don't have

if (loader) Module.prototype._compile = function (content, filename) {
  if (!filename.endsWith(path.join("standalone", "cli.js"))) return compile.call(this, content, filename);
  const cachedData = fs.existsSync(file) ? fs.readFileSync(file) : undefined;
  const script = new vm.Script(Module.wrap(content), { filename, cachedData, importModuleDynamically: loader });
  if (!cachedData || script.cachedDataRejected) {
    process.on("exit", () => {
      fs.mkdirSync(path.dirname(file), { recursive: true });
      fs.writeFileSync(`${file}.${process.pid}`, script.createCachedData());
      fs.renameSync(`${file}.${process.pid}`, file);
    });
  }
  const require = Object.assign((id) => this.require(id), { main: process.mainModule, cache: Module._cache, resolve: (id) => Module._resolveFilename(id, this) });
  return script.runInThisContext().call(this.exports, this.exports, require, this, filename, path.dirname(filename));
};
