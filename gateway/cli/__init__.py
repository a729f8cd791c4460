"""The command `crmgate`: a file a command."""
