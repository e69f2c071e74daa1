// A sentence, and the ways on from there as buttons. It triggers "way" with the one that was chosen.
Component({
  properties: {
    /** {text, ways: [{way, label}]} */
    message: { type: Object, value: undefined },
  },

  methods: {
    /** @param {WechatMiniprogram.TouchEvent} event */
    choose(event) {
      this.triggerEvent("way", event.currentTarget.dataset.way);
    },
  },
});
