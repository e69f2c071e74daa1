// What the user has to agree to before anybody sees or hears them: the privacy guide, for which
// WeChat shows its own dialog, and then the camera and the microphone.

/** @returns {Promise<{privacy: boolean, camera: boolean, microphone: boolean}>} */
async function ask() {
  if (!(await privacy())) return { privacy: false, camera: false, microphone: false };
  return { privacy: true, microphone: await granted("scope.record"), camera: await granted("scope.camera") };
}

/** @returns {Promise<boolean>} */
function privacy() {
  if (!wx.requirePrivacyAuthorize) return Promise.resolve(true); // WeChat of before 2023
  return new Promise((resolve) => wx.requirePrivacyAuthorize({ success: () => resolve(true), fail: () => resolve(false) }));
}

/** @param {string} scope @returns {Promise<boolean>} */
function granted(scope) {
  return wx.authorize({ scope }).then(() => true, () => false);
}

/** settings opens WeChat's page of this mini program's permissions. */
async function settings() {
  const { authSetting } = await wx.openSetting();
  return { camera: Boolean(authSetting["scope.camera"]), microphone: Boolean(authSetting["scope.record"]) };
}

module.exports = { ask, settings };
