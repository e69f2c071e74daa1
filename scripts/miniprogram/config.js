// Where the functions are: the one place to choose.
module.exports = {
  // "cloud": deployed, called by wx.cloud. "local": on your computer, by `go run ./scripts/local`.
  /** @type {"cloud" | "local"} */
  functions: "local",

  // For "cloud": 云开发 > 设置 > 环境 ID.
  env: "",

  // For "local": the address that the local server prints. A phone can't reach 127.0.0.1 of your
  // computer: give both the computer's address in your network, as in
  // `go run ./scripts/local -addr 192.168.1.5:9527` and "http://192.168.1.5:9527".
  url: "http://127.0.0.1:9527",
  // For "local": who calls, until the rooms page or the compile mode (user=bob) says otherwise.
  user: "alice",
};
