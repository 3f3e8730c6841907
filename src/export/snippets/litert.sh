# pip install litert-torch tensorflow-cpu; run it in the folder of the export. The result is for LiteRT-LM and AI Edge Gallery.
litert-torch export_hf --model=. --output_dir=phone
