{"south.example.com":{"cactus":[{"actions":["set name=pkg.summary value=Cactus"],"version":"2.2,5.11-0:20240101T001014Z"}]},"_SIGNATURE":{"sha-1":"fc00749a6ec150f2768455bca283cb0dd308b27e"}}
