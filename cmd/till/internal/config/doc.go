// Package config reads the terminal's settings: a strict TOML file, then TILL_… environment variables
// over it. Secrets stand in files of their own (password_file), never in the file or the environment.
//
// Every setting is one row of the table in table.go; the file that `config init` writes, the
// environment names, `config show` and the checks all come from it.
package config
