"""The fixed texts that members read: a closed list of what no model had a hand in.

They are no replies: those of the Chat Room may be sent without a session and in a pause (but for
`bot.text.no_answer`, which is the reply of a session that found nothing better). The
sources are English, the catalogues' domain is `members`. Names in braces are filled in; each
catalogue has the same ones. What people in danger read is in `bot.rooms.chat.crisis.help_texts`.
"""

from __future__ import annotations

from typing import Final

from bot.text.language import LANGUAGES
from bot.text.no_answer import NO_ANSWER, NO_ANSWER_TO_QUESTION
from bot.text.numbers import write_number
from bot.text.translations import MEMBERS_DOMAIN, translations

FALLBACK: Final = "en"

APOLOGY: Final = "Sorry, I couldn't find a good answer to that just now. Please try me again later."
"""All that a person sees of a withheld turn."""
DELAY_TEXT: Final = "I need a little longer to answer this."
"""What a person reads whose reply waits for somebody."""
WAIT_TEXT: Final = "I have read this and am thinking about it. Give me a moment."
"""What a person reads whose answer takes its time, where the room is set so."""
LIMIT_TEXT: Final = "That is all I can answer today. I will be back tomorrow, after 00:00 UTC."
"""What each person reads once a day whose message is set aside over a limit."""

HELPED_THANKS: Final = "Thank you for telling me. It helps to know what is good for people."
HURT_THANKS: Final = (
    "Thank you for telling me, and I am sorry. The moderators will read this, and it counts when "
    "my replies are judged."
)
FEEDBACK_TITLE: Final = "Anything to add?"
FEEDBACK_LABEL: Final = "In your own words (you can leave it empty)"
FEEDBACK_HINT: Final = "The moderators will read it, with your name"
FEEDBACK_NO_REPLY: Final = "That is not one of my replies, or I no longer have it."
FEEDBACK_NOT_STORED: Final = (
    "You chose that nothing of yours is stored, so I did not keep this either. You can tell a "
    "moderator, or change your choice with `/privacy choices`."
)
FEEDBACK_TOO_OFTEN: Final = "You have told me a lot just now. Please try again in ten minutes."

ABOUT: Final = (
    "**I am {name}, a Chatbot.** A language model writes my replies, not a person, and they "
    "can be wrong. I am no therapist and no help in an emergency.\n"
    "**Where I answer:** {where}. Mention me, reply to me, call me by name, or ask the room "
    "a question.\n"
    "**What happens before I answer:** a second AI, the Therapist, looks at what I want to "
    "say and asks how it would affect you. If need be, I change it. A third AI scores both "
    "versions. Moderators can read all of that, pause me and step in.\n"
    "**What you can do:** press and hold one of my replies, or right-click it, then *Apps*: "
    "*This helped*, or *This hurt me, or was wrong*. `/privacy show` says what is stored "
    "about you, `/privacy choices` changes what may be stored, `/forget` deletes it. "
    "`/help` lists all of this."
)
ABOUT_NOWHERE: Final = "no channel here yet"
ABOUT_ALWAYS: Final = "{room} (every message)"
"""A room in which nobody has to address it."""
HELP_TITLE: Final = "What you can do here"
HELP_ENTRIES: Final = (
    "On one of my replies, under *Apps*: tell the moderators that it helped you, or that it hurt "
    "you or was wrong."
)
HELP_ABOUT: Final = "what I am, where I answer, and what happens before I do"
HELP_HELP: Final = "this list"
HELP_SHOW: Final = "what is stored about you, where it goes and for how long"
HELP_EXPORT: Final = "all of it as a file that only you can see"
HELP_CHOICES: Final = "whether anything of yours is stored, and what it may be used for"
HELP_FORGET: Final = "deletes everything stored about you here, now"
NOTICE: Final = (
    "**You are talking with an AI here.** I am {name}, a Chatbot: a language model writes my "
    "replies, not a person, and they can be wrong.\n"
    "The team of {server} runs me here. What you write in this channel, and what I answer, is "
    "stored so that I can follow the conversation and the team can see how I treat you. Before I "
    "answer, a second AI works on my draft with me in a thread that the moderators can read, "
    "and both versions are scored.\n"
    "Please share nothing here that they should not read. `/privacy show` says what is stored "
    "about you and what you can choose, and after `/forget` it is deleted; if something is wrong, "
    "ask a moderator."
)
"""What people are told before they talk with the Chatbot, once in each Chat Room."""
OWN_PRIVACY_NOTICE: Final = "The team's own privacy notice:"
GREETING: Final = (
    "**Hello, I am {name}, a Chatbot.** A language model writes my replies, and a second AI "
    "looks at each before you read it. I say nothing until an admin opens a channel for me "
    "with `/setup`, which asks for the channel where people talk with me, and for a private "
    "one for the moderators. `/help` lists what you can do, `/about` says what I am."
)

STORED_TITLE: Final = "**What is stored about you here**"
STORED_NOTHING: Final = "Nothing."
STORED_MESSAGES: Final = (
    "your messages in the channels where I answer, with your id and display name: {count}"
)
STORED_SINCE: Final = "{count} (since {day})"
STORED_REPLIES: Final = "my replies to you, each with its draft, session and scores: {count}"
STORED_ACTS: Final = "what you did as a moderator, with your name: {count}"
STORED_GUIDANCE: Final = "guidance that you gave me: {count}"
STORED_RATINGS: Final = "your ratings of my replies: {count}"
STORED_FEEDBACK: Final = (
    "what you said of my replies, that one helped, or hurt you or was wrong: {count}"
)
STORED_REWARDS: Final = "figures that follow from your ratings and from what you said: {count}"
STORED_SEATS: Final = "channels in which you coach me, as the Therapist: {count}"
STORED_PAUSES: Final = "notes that you were told of a pause: {count}"
STORED_CHOICES: Final = "your privacy choices: {count}"
STORED_HELP: Final = "notes that help lines were shown to you: {count}"
STORED_MEMORIES: Final = "sessions that are remembered with you: {count}"
REMEMBERED_TITLE: Final = "**What is remembered of talks with you**"
REMEMBERED_OTHER: Final = "other"
REMEMBERED_WORDS: Final = "{themes}; kept in mind: {words}"
REMEMBERED_DELETE: Final = "`/privacy choices memory:False` deletes it."
WHERE_TITLE: Final = "**Where it goes**"
WHERE_MODELS: Final = (
    "to the language models that write, check and score my replies ({names}), with the lines "
    "before yours, each time I answer somebody in the channel"
)
WHERE_A_MODEL: Final = "a model"
WHERE_MODERATORS: Final = (
    "to the moderators of this server: drafts, sessions and scores, which quote you"
)
WHERE_NOBODY: Final = "I give it to nobody else, and I train no model on it"
WHERE_HERE: Final = "the models run on the same machine as I do"
WHERE_PROVIDER: Final = (
    "the models run at {hosts}: that provider's terms say what is kept there, and whether a model "
    "is trained on it. I cannot see it"
)
WHERE_SOMEBODY: Final = (
    "whoever runs the models has terms of their own: I cannot see what is kept there, or whether a "
    "model is trained on it"
)
KEPT_TITLE: Final = "**How long**"
KEPT_DAYS: Final = "{days}, then only figures"
KEPT_ON: Final = "until you delete it"
KEPT_LEFT: Final = (
    "if you leave the server and have written nothing for {days}: all of it is deleted"
)
KEPT_REMOVED: Final = "if I am removed from the server: all of it is deleted a month later"
CHOICES_TITLE: Final = "**Your choices**"
CHOICE_STORAGE: Final = "store what you write, and answer it"
CHOICE_FEEDBACK: Final = "count your reactions as feedback, if that is ever done here"
CHOICE_TRAINING: Final = "use your words for training, if that is ever done here"
CHOICE_MEMORY: Final = "remember what was worked on in talks with you"
CHOSEN_YES: Final = "**yes**"
CHOSEN_NO: Final = "**no**"
CHOSEN_NOT: Final = "{answer} (you have not said)"
CHOSEN_BY: Final = "{answer} ({day}, by {person})"
CHOICES_HOW: Final = (
    "To change one, type it with *True* for yes or *False* for no, such as `/privacy choices "
    "reactions:True`. The options are `stored`, `reactions`, `training` and `memory`, in this "
    "order."
)
PRIVACY_DELETE: Final = "delete a message of yours in Discord: I forget it too"
PRIVACY_EXPORTED: Final = "This is what is stored about you here."
FORGOTTEN_NOTHING: Final = "**Nothing was stored about you here.**"
FORGOTTEN_TITLE: Final = "**Forgotten.**"
FORGOTTEN_MESSAGES: Final = "your messages, with your name and id: {count}"
FORGOTTEN_REPLIES: Final = "my replies to you, each with its draft, session and reasons: {count}"
FORGOTTEN_OTHERS: Final = (
    "my replies to others that quoted or named you, each with its draft, session and reasons: "
    "{count}"
)
FORGOTTEN_ROWS: Final = (
    "other entries by you or about you, such as ratings, or your name on what you did as a "
    "moderator: {count}"
)
FORGOTTEN_POSTS: Final = "posts of mine in Discord that showed any of it, gone in minutes: {count}"
FORGOTTEN_KEPT: Final = (
    "Scores stay, as figures without words or names; so do your privacy choices, to hold from now "
    "on."
)
FORGOTTEN_OUT_OF_REACH: Final = (
    "Out of my reach: files that a moderator downloaded, backups, what others wrote themselves, "
    "your own messages in Discord (delete those yourself), and what the provider of the language "
    "models may have kept."
)
DAYS: Final = ("{count} day", "{count} days")
"""For one, and for many: each language has as many forms as it needs."""

SOURCES: Final[tuple[str | tuple[str, str], ...]] = (
    *(APOLOGY, NO_ANSWER, NO_ANSWER_TO_QUESTION, DELAY_TEXT, WAIT_TEXT, LIMIT_TEXT),
    *(HELPED_THANKS, HURT_THANKS),
    *(FEEDBACK_TITLE, FEEDBACK_LABEL, FEEDBACK_HINT, FEEDBACK_NO_REPLY, FEEDBACK_NOT_STORED),
    *(FEEDBACK_TOO_OFTEN, ABOUT, ABOUT_NOWHERE, ABOUT_ALWAYS, HELP_TITLE, HELP_ENTRIES),
    *(HELP_ABOUT, HELP_HELP),
    *(HELP_SHOW, HELP_EXPORT, HELP_CHOICES, HELP_FORGET, NOTICE, OWN_PRIVACY_NOTICE, GREETING),
    *(STORED_TITLE, STORED_NOTHING, STORED_MESSAGES, STORED_SINCE, STORED_REPLIES, STORED_ACTS),
    *(STORED_GUIDANCE, STORED_RATINGS, STORED_FEEDBACK, STORED_REWARDS, STORED_SEATS),
    *(STORED_PAUSES, STORED_CHOICES, STORED_HELP, STORED_MEMORIES, REMEMBERED_TITLE),
    *(REMEMBERED_OTHER, REMEMBERED_WORDS, REMEMBERED_DELETE, WHERE_TITLE, WHERE_MODELS),
    *(WHERE_A_MODEL, WHERE_MODERATORS, WHERE_NOBODY, WHERE_HERE, WHERE_PROVIDER, WHERE_SOMEBODY),
    *(KEPT_TITLE, KEPT_DAYS, KEPT_ON, KEPT_LEFT, KEPT_REMOVED, CHOICES_TITLE, CHOICE_STORAGE),
    *(CHOICE_FEEDBACK, CHOICE_TRAINING, CHOICE_MEMORY, CHOSEN_YES, CHOSEN_NO, CHOSEN_NOT),
    *(CHOSEN_BY, CHOICES_HOW, PRIVACY_DELETE, PRIVACY_EXPORTED, FORGOTTEN_NOTHING),
    *(FORGOTTEN_TITLE, FORGOTTEN_MESSAGES, FORGOTTEN_REPLIES, FORGOTTEN_OTHERS, FORGOTTEN_ROWS),
    *(FORGOTTEN_POSTS, FORGOTTEN_KEPT, FORGOTTEN_OUT_OF_REACH, DAYS),
)
"""Every text there is; the catalogues hold these and no others."""


def fixed_text(source: str, language: str, **names: str) -> str:
    """Return a text in a language (ISO 639-1; English where there is no catalogue), filled in."""
    text = translations(language, MEMBERS_DOMAIN).gettext(source)
    for name, value in names.items():  # replaced, not formatted: a name may hold any sign
        text = text.replace(f"{{{name}}}", value)
    return text


def fixed_count(source: tuple[str, str], count: int, language: str) -> str:
    """Return the form of a text for a number, which is filled in as ``{count}``."""
    text = translations(language, MEMBERS_DOMAIN).ngettext(*source, count)
    return text.replace("{count}", write_number(count, language))


def language_of_locale(locale: str | None) -> str:
    """Return the language of a locale such as `pt-BR`; English where there are no texts in it."""
    language = (locale or "").partition("-")[0].lower()
    return language if language in LANGUAGES else FALLBACK
