from rempart.cli.main import main

main()
