// Loaded into the CloudBase CLI on Windows, whose files have no executable bit:
// the CLI zips a function's folder with the modes that the file system reports,
// and what it uploads would not be executable.
"use strict";

const fs = require("fs");
const path = require("path");

// executable returns the stats of a file, with the bit set if it is a function's
// binary in .local/package.
function executable(file, stats) {
  const name = path.resolve(String(file)).split(path.sep).slice(-4);
  if (stats && typeof stats.mode === "number" && stats.isFile() && name[0] === ".local" && name[1] === "package" && name[3] === "main") {
    stats.mode = (stats.mode & ~0o777) | 0o755;
  }
  return stats;
}

for (const call of ["stat", "lstat"]) {
  const original = fs[call];
  fs[call] = function (file, ...rest) {
    const done = rest.pop();
    return original.call(fs, file, ...rest, (err, stats) => done(err, executable(file, stats)));
  };
  const originalSync = fs[call + "Sync"];
  fs[call + "Sync"] = function (file, ...rest) {
    return executable(file, originalSync.call(fs, file, ...rest));
  };
}
