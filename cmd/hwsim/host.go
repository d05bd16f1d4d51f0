package main

import "github.com/spf13/cobra"

func hostCommand() *cobra.Command { return &cobra.Command{Use: "host"} }
