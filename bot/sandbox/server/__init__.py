"""A Discord server on this machine: REST and gateway over real sockets."""
