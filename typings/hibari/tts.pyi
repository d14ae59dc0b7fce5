ASSETS: str
