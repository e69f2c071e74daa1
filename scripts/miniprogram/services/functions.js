// The two ways to call a cloud function. config.js chooses.

/** @typedef {(name: string, data: object) => Promise<any>} CallFunction what a function answers */

/**
 * In the cloud, where WeChat says who calls.
 * @param {string} env the environment's id
 * @returns {CallFunction}
 */
function cloud(env) {
  wx.cloud.init({ env });
  return async (name, data) => (await wx.cloud.callFunction({ name, data })).result;
}

/**
 * On the local server, as anybody: the developer tools and a phone with 开发调试 on may call an
 * address without https.
 * @param {string} url
 * @param {() => string} user
 * @returns {CallFunction}
 */
function local(url, user) {
  return (name, data) =>
    new Promise((resolve, reject) => {
      wx.request({
        url: `${url}/v1/functions/${name}`,
        method: "POST",
        header: { "X-WX-OPENID": user() },
        data,
        success: (reply) => (reply.statusCode === 200 ? resolve(reply.data) : reject(reply.data)),
        fail: reject,
      });
    });
}

module.exports = { cloud, local };
