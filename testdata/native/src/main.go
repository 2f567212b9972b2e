package main

import (
	"fmt"
	"os"
)

type account struct{ name, id, secret string }

var accounts = []account{
	{"production", "@{id:native-go-table}", "@{secret:native-go-table}"},
	{"staging", "@{id:native-go-table-two}", "@{secret:native-go-table-two}"},
}

//go:noinline
func loadConfig(what string) string {
	return connect("@{id:native-go-code}", "@{secret:native-go-code}", what)
}

//go:noinline
func connect(id, secret, what string) string {
	return fmt.Sprint(id, secret, what, "@{hash:native-go}")
}

func main() {
	fmt.Println(accounts[len(os.Args)&1], loadConfig(os.Args[0]))
}
