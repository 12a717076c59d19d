"""Reading mail: the account (account), the conversation with the server (imap), and what a mail
says once its encodings are undone (letter). Nothing here knows what mails are good for."""
