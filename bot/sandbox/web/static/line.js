// The connection to the server: says who we are, asks, hears, and comes back after a break.

const FIRST_RETRY = 250;
const LONGEST_RETRY = 4000;
const SIGN_OF_LIFE_EVERY = 15000;
const SIGN_OF_LIFE_WITHIN = 3000;
const NOT_ALLOWED = 4401;
const NOBODY = 4404;

/**
 * Events: "welcome" (everything as it is), "seen" (one piece of news), "caughtup" (how many were
 * missed), "state" ("connecting", "open", "lost", "refused"), "nobody" (the names of those whom one can be).
 */
export class Line extends EventTarget {
  constructor(key) {
    super();
    this.key = key;
    this.person = null;
    this.position = null;
    this.socket = null;
    this.state = "connecting";
    this.tries = 0;
    this.asked = new Map();
    this.number = 0;
    for (const event of ["online", "focus", "pageshow"]) addEventListener(event, () => this.wake());
    document.addEventListener("visibilitychange", () => this.wake());
    setInterval(() => this.checkLife(), SIGN_OF_LIFE_EVERY);
  }

  /** Be somebody: from now on what they see comes in. */
  be(person) {
    this.person = person;
    this.position = null;
    if (this.state === "open") this.send({ hello: { person } });
    else this.connect();
  }

  /** Ask for something to be done; the promise brings the answer, or an Error with what is wrong. */
  ask(deed) {
    if (this.state !== "open") return Promise.reject(new Error("There is no connection just now."));
    const id = ++this.number;
    return new Promise((resolve, reject) => {
      this.asked.set(id, { resolve, reject });
      this.send({ id, do: deed });
    });
  }

  send(message) {
    this.socket?.send(JSON.stringify(message));
  }

  connect() {
    clearTimeout(this.retry);
    this.drop();
    const socket = new WebSocket(`ws://${location.host}/page/socket`);
    this.socket = socket;
    socket.onopen = () => {
      const hello = { key: this.key, person: this.person };
      if (this.position) hello.position = this.position;
      this.send({ hello });
    };
    socket.onmessage = (event) => this.hear(JSON.parse(event.data));
    socket.onclose = (event) => this.ended(event.code, event.reason);
  }

  drop() {
    if (!this.socket) return;
    this.socket.onopen = this.socket.onmessage = this.socket.onclose = null;
    this.socket.close();
    this.socket = null;
  }

  ended(code, reason = "") {
    this.drop();
    clearTimeout(this.life);
    for (const { reject } of this.asked.values()) {
      reject(new Error("The connection was lost before the answer came."));
    }
    this.asked.clear();
    if (code === NOT_ALLOWED) return this.become("refused");
    if (code === NOBODY) {
      this.become("refused");
      return this.tell("nobody", reason.split(", ").filter(Boolean));
    }
    this.become("lost");
    const wait = Math.min(LONGEST_RETRY, FIRST_RETRY * 2 ** this.tries++);
    this.retry = setTimeout(() => this.connect(), wait);
  }

  become(state) {
    this.state = state;
    this.tell("state", state);
  }

  hear(message) {
    clearTimeout(this.life);
    if ("seen" in message) this.see(message);
    else if ("id" in message) this.answered(message);
    else if ("welcome" in message) this.welcomed(message.welcome);
    else if ("again" in message) this.caughtUp(message.again);
  }

  see({ number, seen }) {
    if (this.position) this.position.number = number;
    if (seen.kind === "StreamReset") return this.send({ hello: { person: this.person } });
    this.tell("seen", seen);
  }

  answered({ id, done, problem }) {
    const waiting = this.asked.get(id);
    this.asked.delete(id);
    if (problem) waiting?.reject(Object.assign(new Error(problem.message), { code: problem.code }));
    else waiting?.resolve(done);
  }

  welcomed(welcome) {
    const again = this.tries > 0;
    this.tries = 0;
    this.position = { log: welcome.log, number: welcome.number };
    this.become("open");
    this.tell("welcome", { ...welcome, again });
  }

  caughtUp({ missed }) {
    this.tries = 0;
    this.become("open");
    this.tell("caughtup", missed);
  }

  /** The page is looked at again: find out at once whether the line still stands. */
  wake() {
    if (document.visibilityState === "hidden" || !this.person) return;
    if (this.state === "lost") this.connect();
    else this.checkLife();
  }

  checkLife() {
    if (this.state !== "open") return;
    this.send({});
    clearTimeout(this.life);
    this.life = setTimeout(() => this.ended(0), SIGN_OF_LIFE_WITHIN);
  }

  tell(kind, detail) {
    this.dispatchEvent(new CustomEvent(kind, { detail }));
  }
}
