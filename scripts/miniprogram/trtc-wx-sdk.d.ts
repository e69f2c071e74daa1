// The SDK comes without types.
declare module "trtc-wx-sdk";
