// The latest turns in words. The page asks for them, and the server decides who may read them.

/** Fires "turns" when what is known of the shown turn has changed. */
export class Turns extends EventTarget {
  constructor({ world, ask }) {
    super();
    Object.assign(this, { world, ask });
    this.records = new Map();
    this.chosen = null;
    this.asking = new Set();
    this.again = new Set();
    world.addEventListener("rooms", () => this.follow());
    world.addEventListener("turn", ({ detail }) => this.read(detail));
    world.addEventListener("paused", () => this.shown() !== null && this.read(this.shown()));
  }

  /** Somebody else looks: nothing of what the one before read stays. */
  forget() {
    this.records.clear();
    this.chosen = null;
  }

  /** The ids of the turns of the Chat Room, oldest first. */
  ids() {
    const { world } = this;
    return [...world.ways.values()].filter((way) => way.room_id === world.chatRoom).map((way) => way.turn_id).sort((a, b) => a - b);
  }

  shown() {
    const ids = this.ids();
    return ids.includes(this.chosen) ? this.chosen : ids.at(-1) ?? null;
  }

  record() {
    return this.records.get(this.shown()) ?? null;
  }

  way() {
    return this.world.ways.get(this.shown()) ?? null;
  }

  choose(turn) {
    this.chosen = turn === this.ids().at(-1) ? null : turn; // the latest is followed
    this.follow();
  }

  /** Something was deleted: what is forgotten on the record is to be gone here too. */
  readAgain() {
    for (const turn of this.records.keys()) this.read(turn);
  }

  follow() {
    const shown = this.shown();
    if (shown !== null && !this.records.has(shown)) this.read(shown);
    this.dispatchEvent(new Event("turns"));
  }

  /** The line is back: what was being read when it broke is read now. */
  catchUp() {
    if (this.shown() !== null) this.read(this.shown());
  }

  /** Read a turn anew; while that is under way, once more after it. */
  async read(turn) {
    if (this.asking.has(turn)) return void this.again.add(turn);
    this.asking.add(turn);
    const me = this.world.me;
    try {
      const record = await this.ask({ do: "turn", turn: String(turn) });
      if (me === this.world.me) this.records.set(turn, record);
    } catch (error) {
      // With a code it is not there any more, or not for this person; without, the line broke.
      if (me === this.world.me && error.code !== undefined) this.records.set(turn, null);
    } finally {
      this.asking.delete(turn);
    }
    if (this.again.delete(turn)) return this.read(turn);
    this.dispatchEvent(new Event("turns"));
  }
}
